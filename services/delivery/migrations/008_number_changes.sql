-- The order in which changes are appended, for readers of all of them; see platform/postgres/change_table.h. Rows from
-- before have no number (so that none is written anew), and an index of their own that does not grow. (Not BRIN: the room
-- that trimming leaves is used again, so that rows do not stay in that order.)
ALTER TABLE history ADD COLUMN appended_by xid8 NOT NULL DEFAULT '0';
ALTER TABLE history ALTER COLUMN appended_by SET DEFAULT pg_current_xact_id();
CREATE INDEX history_by_append ON history (appended_by) WHERE appended_by > '0';
CREATE INDEX history_from_before ON history (trading_id, revision) WHERE appended_by = '0';

-- The last transaction and time of which changes were trimmed.
ALTER TABLE trims ADD COLUMN trimmed_to xid8 NOT NULL DEFAULT '0',
                  ADD COLUMN trimmed_until timestamptz NOT NULL DEFAULT '2000-01-01 00:00:00+00';
UPDATE trims SET trimmed_until = done_until WHERE name = 'history' AND EXISTS (SELECT FROM history);
