-- What the shop sells (reference tables on a sharded database).
CREATE TABLE products (
  sku                   text    PRIMARY KEY,
  name                  text    NOT NULL,
  category              text    NOT NULL,
  currency              text    NOT NULL,
  unit_price            bigint  NOT NULL CHECK (unit_price >= 0),
  tax_rate_basis_points integer NOT NULL CHECK (tax_rate_basis_points BETWEEN 0 AND 10000),
  stock                 bigint  NOT NULL DEFAULT 0 CHECK (stock >= 0)
);

-- Every adjustment of stock by the back office, once for each request id.
CREATE TABLE stock_adjustments (
  request_id  uuid        NOT NULL,
  sku         text        NOT NULL,
  delta       bigint      NOT NULL,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (request_id, sku)
);

-- The fee is in minor units of the order's currency, tax included.
CREATE TABLE delivery_options (
  code            text    PRIMARY KEY,
  name            text    NOT NULL,
  fee             bigint  NOT NULL CHECK (fee >= 0),
  lead_time_hours integer NOT NULL CHECK (lead_time_hours >= 0)
);

INSERT INTO delivery_options VALUES
  ('standard', 'Standard, five days',     490, 120),
  ('express',  'Express, the next day',  1490,  24),
  ('pickup',   'Picked up at the shop',     0,  24);
