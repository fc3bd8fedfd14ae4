-- What was ordered: one row a trade, its state in one document (OrderRecord).
CREATE TABLE orders (
  trading_id  uuid        PRIMARY KEY,
  buyer       text        NOT NULL,
  revision    bigint      NOT NULL,
  document    bytea       NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL
);

-- What is due: instructions to payment (queue 1) and to delivery (queue 2).
CREATE TABLE work (
  trading_id uuid        NOT NULL,
  queue      smallint    NOT NULL,
  number     bigint      NOT NULL,
  due_time   timestamptz NOT NULL,
  attempts   integer     NOT NULL DEFAULT 0,
  payload    bytea       NOT NULL,
  PRIMARY KEY (trading_id, queue, number)
);

-- The secret that trading ids are hashed with: as old as the trades, the same for all replicas.
CREATE TABLE trading_id_key (
  only_row boolean PRIMARY KEY CHECK (only_row),
  key      bytea   NOT NULL
);
