#!/bin/sh
# Runs once, when the data folder is new: a role and its databases for Ringdown, and for Temporal. Neither is a superuser,
# and neither may look into the other's.
set -eu
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set ringdown `cat /run/secrets/ringdown_db_password`
\set temporal `cat /run/secrets/temporal_db_password`
CREATE ROLE ringdown LOGIN PASSWORD :'ringdown';
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE ringdown OWNER ringdown;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE ringdown, temporal, temporal_visibility FROM PUBLIC;
SQL
