-- Documents change often, and are of one to three thousand bytes: the next version of a row finds room on
-- its page, so that no index changes with it, and none is compressed or put elsewhere for that.
ALTER TABLE orders SET (fillfactor = 50, toast_tuple_target = 8160);
ALTER TABLE orders ALTER COLUMN document SET STORAGE EXTERNAL;
-- (Writes the table anew.) The index of refused orders must not name a column that changes, or no row could stay on its page.
ALTER TABLE orders ADD COLUMN refused boolean NOT NULL GENERATED ALWAYS AS (revision = 0) STORED;
DROP INDEX orders_refused;
CREATE INDEX orders_refused ON orders (create_time) WHERE refused;
ALTER TABLE history SET (toast_tuple_target = 8160);
ALTER TABLE history ALTER COLUMN entry SET STORAGE EXTERNAL;
ALTER TABLE work SET (toast_tuple_target = 8160);
ALTER TABLE work ALTER COLUMN payload SET STORAGE EXTERNAL;
