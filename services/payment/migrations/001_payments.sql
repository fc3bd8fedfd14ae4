-- What was paid: one row a trade, its state in one document (PaymentRecord).
CREATE TABLE payments (
  trading_id  uuid        PRIMARY KEY,
  buyer       text        NOT NULL,
  revision    bigint      NOT NULL,
  document    bytea       NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);

-- What is due: reports to the shop (queue 1) and steps at the gateway (queue 2).
CREATE TABLE work (
  trading_id uuid        NOT NULL,
  queue      smallint    NOT NULL,
  number     bigint      NOT NULL,
  due_time   timestamptz NOT NULL,
  attempts   integer     NOT NULL DEFAULT 0,
  payload    bytea       NOT NULL,
  PRIMARY KEY (trading_id, queue, number)
);
