-- Which database this is: see platform/relay/known_database.h. A restore brings the row of the older one back, a
-- standby that took over has another timeline.
CREATE TABLE known_database (
  only_row boolean PRIMARY KEY CHECK (only_row),
  identity text    NOT NULL,
  nonce    text    NOT NULL DEFAULT '',
  nonce_of text    NOT NULL DEFAULT ''
);
INSERT INTO known_database (only_row, identity)
SELECT true, (SELECT system_identifier FROM pg_control_system()) || '/' ||
  left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database());
