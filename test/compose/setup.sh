#!/bin/sh
# Sets up the schema fivetran; run once by the entry point of PostgreSQL's image.
# IMPORT makes no call, so the mock need not be there yet.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
	--username="${POSTGRES_USER:-postgres}" --dbname="${POSTGRES_DB:-postgres}" \
	--set=url="$FIVETRAN_URL" --set=key="$FIVETRAN_API_KEY" --set=secret="$FIVETRAN_API_SECRET" <<-'SQL'
	CREATE EXTENSION fivetrex;
	CREATE SERVER fivetran FOREIGN DATA WRAPPER fivetrex OPTIONS (base_url :'url');
	CREATE USER MAPPING FOR CURRENT_USER SERVER fivetran OPTIONS (api_key :'key', api_secret :'secret');
	CREATE SCHEMA fivetran;
	IMPORT FOREIGN SCHEMA fivetran FROM SERVER fivetran INTO fivetran;
	SELECT fivetrex_comment('fivetran') AS tables;
SQL
