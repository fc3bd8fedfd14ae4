-- Who did what; see platform/postgres/audit_table.h. Appended to, never changed: the service itself
-- has no right to.
CREATE TABLE audit (
  trading_id uuid NOT NULL,
  audit_id uuid NOT NULL,
  audit_time timestamptz NOT NULL,
  subject text NOT NULL,
  rpc text NOT NULL,
  result text NOT NULL,
  PRIMARY KEY (trading_id, audit_id)
);
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;
