-- What is too old is deleted; see platform/history/trimmer.h. B-trees, since the room that is left is
-- used again, so that rows do not stay in the order of their times.
CREATE INDEX history_by_time ON history (change_time);
CREATE INDEX snapshots_by_time ON snapshots (receive_time);
CREATE INDEX audit_by_time ON audit (audit_time);

-- Whose turn it is to look for that, and how far it got.
CREATE TABLE trims (
  name       text        PRIMARY KEY,
  next_time  timestamptz NOT NULL DEFAULT '2000-01-01 00:00:00+00',
  done_until timestamptz NOT NULL DEFAULT '2000-01-01 00:00:00+00'
);

-- Of the audit, the service may delete what is older than a month, and nothing else.
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_read ON audit FOR SELECT USING (true);
CREATE POLICY audit_append ON audit FOR INSERT WITH CHECK (true);
CREATE POLICY audit_trim ON audit FOR DELETE USING (audit_time < now() - interval '30 days');
GRANT DELETE ON audit TO CURRENT_USER;

-- Requests about an order, with a row for each that was decided either way: so that the answer under
-- a request id is final whichever replica gives it. See services/shopping/store/refusal_store.h.
CREATE TABLE buyer_requests (
  trading_id   uuid        NOT NULL,
  request_id   uuid        NOT NULL,
  request_time timestamptz NOT NULL,
  refusal      bytea       NOT NULL,  -- empty: it took effect, as the order remembers
  PRIMARY KEY (trading_id, request_id)
);
CREATE INDEX buyer_requests_by_time ON buyer_requests (request_time);

-- Refused orders are rows of revision 0.
CREATE INDEX orders_refused ON orders (create_time) WHERE revision = 0;

INSERT INTO trims (name) VALUES ('history'), ('snapshots'), ('audit'), ('refusals'), ('requests');

-- Trades from before there was a list of them.
INSERT INTO trades_by_buyer (trading_id, buyer, order_time)
SELECT trading_id, buyer, create_time FROM orders ON CONFLICT DO NOTHING;

-- The history is trimmed from its beginning on.
UPDATE trims SET done_until = coalesce(least((SELECT min(change_time) FROM history),
                                             (SELECT min(update_time) FROM orders)), now())
WHERE name = 'history';

-- Why work did not succeed the last time it was tried. Last, since nothing gets at its work from here
-- to the commit.
ALTER TABLE work ADD COLUMN reason text NOT NULL DEFAULT '';
