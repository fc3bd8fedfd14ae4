-- Every revision of every trade: what watchers follow and what a status at a time is read from.
CREATE TABLE history (
  trading_id  uuid        NOT NULL,
  revision    bigint      NOT NULL,
  change_time timestamptz NOT NULL,
  entry       bytea       NOT NULL,
  PRIMARY KEY (trading_id, revision)
);

-- Statuses at a time: the revision that a trade had then.
CREATE TABLE snapshots (
  trading_id   uuid        NOT NULL,
  receive_time timestamptz NOT NULL,
  revision     bigint      NOT NULL,
  PRIMARY KEY (trading_id, receive_time)
);

-- Work that is due at a date waits here for a month and longer: what is due now must not be looked
-- for among it. Dates grow, so that the index does too, at its end.
CREATE INDEX work_by_due_time ON work (queue, due_time);

-- What waits for a person; 3 is kManyAttempts.
CREATE INDEX work_waiting ON work (trading_id, queue, number) WHERE attempts >= 3;
