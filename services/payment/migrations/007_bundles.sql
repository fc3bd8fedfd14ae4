-- Work of one queue that one commit has caused, in one row, as long as the process that committed it has all of it in
-- hand: see platform/relay/bundle.h. Rows stay for milliseconds; what is left of a bundle after its due time gets rows
-- in `work`.
CREATE TABLE bundles (
  bundle      uuid        PRIMARY KEY,
  queue       smallint    NOT NULL,
  due_time    timestamptz NOT NULL,
  trading_ids uuid[]      NOT NULL,
  numbers     bigint[]    NOT NULL,
  payloads    bytea[]     NOT NULL,
  -- One of another kind could not be taken apart, nor what comes after it.
  CHECK (cardinality(numbers) = cardinality(trading_ids) AND cardinality(payloads) = cardinality(trading_ids)),
  CHECK (pg_column_size(payloads) <= 65536 AND due_time < '9999-01-01'),
  CHECK (num_nulls(array_position(trading_ids, NULL), array_position(numbers, NULL), array_position(payloads, NULL)) = 3)
);
CREATE INDEX bundles_due ON bundles (queue, due_time);
ALTER TABLE bundles SET (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE bundles ALTER COLUMN trading_ids SET STORAGE EXTERNAL;
ALTER TABLE bundles ALTER COLUMN numbers SET STORAGE EXTERNAL;
ALTER TABLE bundles ALTER COLUMN payloads SET STORAGE EXTERNAL;

-- What is due, whichever row it stands in.
CREATE VIEW all_work AS
SELECT trading_id, queue, number, due_time, attempts FROM work
UNION ALL
SELECT item.trading_id, queue, item.number, due_time, 0 FROM bundles, unnest(trading_ids, numbers) AS item(trading_id, number);
