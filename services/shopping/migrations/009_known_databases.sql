-- Which databases the three services had when the shop looked last (platform/postgres/identity.h), and whether all
-- trades have been compared since one is another.
CREATE TABLE known_databases (
  name     text    PRIMARY KEY,
  identity text    NOT NULL,
  compared boolean NOT NULL
);
