-- Documents change often, and are of one to three thousand bytes: the next version of a row finds room on
-- its page, so that no index changes with it, and none is compressed or put elsewhere for that.
ALTER TABLE payments SET (fillfactor = 50, toast_tuple_target = 8160);
ALTER TABLE payments ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE history SET (toast_tuple_target = 8160);
ALTER TABLE history ALTER COLUMN entry SET STORAGE EXTERNAL;
ALTER TABLE work SET (toast_tuple_target = 8160);
ALTER TABLE work ALTER COLUMN payload SET STORAGE EXTERNAL;
