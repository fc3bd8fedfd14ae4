#!/bin/sh
# Runs once, when the data folder is new: a database for each service, and a role that owns it and
# can connect to no other.
set -eu

for service in shopping payment delivery; do
  password=/run/secrets/$service.password
  [ -s "$password" ] || { echo "$password is missing: the service keys makes it" >&2; exit 1; }
  # psql reads the file itself, so that the password is no process's argument.
  psql --no-password --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
\\set password \`cat $password\`
CREATE ROLE $service LOGIN PASSWORD :'password';
CREATE DATABASE $service OWNER $service;
REVOKE ALL ON DATABASE $service FROM PUBLIC;
SQL
done

psql --no-password --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
