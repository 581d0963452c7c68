[ -s "$PGDATA/PG_VERSION" ] || exit 0
quoted=${POSTGRES_PASSWORD//\'/\'\'}
postgres --single -j -D "$PGDATA" postgres <<<"ALTER ROLE postgres PASSWORD '$quoted';" >/dev/null
