-- The trades of a buyer, latest first. Written off the hot path, by queue 3 of the work table.
CREATE TABLE trades_by_buyer (
  trading_id uuid        PRIMARY KEY,
  buyer      text        NOT NULL,
  order_time timestamptz NOT NULL
);
CREATE INDEX trades_by_buyer_time ON trades_by_buyer (buyer, order_time, trading_id);
