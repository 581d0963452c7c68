#!/bin/bash
# Starts PostgreSQL, and makes its data folder at the first start. Environment variables, folders and order are those of
# Docker's official image, so that either runs in the other's place: https://hub.docker.com/_/postgres
set -eu

fail() { echo "docker-entrypoint: $*" >&2; exit 1; }

# A variable's value, or what is in the file that VARIABLE_FILE names, as secrets are mounted.
value() {
  local file=$1_FILE
  if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then fail "$1 and $file are both set, and only one of them can say it."; fi
  if [ -n "${!file:-}" ]; then cat "${!file}"; else echo "${!1:-${2:-}}"; fi
}

[ $# -gt 0 ] || set -- postgres
case $1 in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"
for argument; do
  case $argument in -\? | --help | --describe-config | -V | --version) exec "$@" ;; esac
done
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  exec chroot --userspec=postgres:postgres / "$0" "$@"
fi

umask 077
mkdir -p "$PGDATA"
chmod 700 "$PGDATA" 2>/dev/null || true # PostgreSQL refuses others'; somebody else's mount it can't use
[ -s "$PGDATA/PG_VERSION" ] && exec "$@"

POSTGRES_USER=$(value POSTGRES_USER postgres)
POSTGRES_PASSWORD=$(value POSTGRES_PASSWORD)
POSTGRES_DB=$(value POSTGRES_DB "$POSTGRES_USER")
POSTGRES_INITDB_ARGS=$(value POSTGRES_INITDB_ARGS)
method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
  fail "POSTGRES_PASSWORD is empty or not set: the first start needs the superuser's password (or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in)."
fi

# Made beside it and put in place when it is whole: a start that was interrupted is begun anew.
whole=$PGDATA
PGDATA=$whole/.new
rm -rf "$PGDATA"
mkdir "$PGDATA"
export PGDATA
options=()
eval "options=($POSTGRES_INITDB_ARGS)" # quoted as in a shell
[ -z "${POSTGRES_INITDB_WALDIR:-}" ] || options+=(--waldir "$POSTGRES_INITDB_WALDIR")
[ -z "$POSTGRES_PASSWORD" ] || options+=(--pwfile /dev/fd/3)
initdb --username="$POSTGRES_USER" "${options[@]}" 3<<<"$POSTGRES_PASSWORD"
echo "host all all all $method" >>"$PGDATA/pg_hba.conf"

# Reached through its socket alone until it is set up.
pg_ctl -w -o "-c listen_addresses=''" start
sql() { PGHOST='' PGPASSWORD=$POSTGRES_PASSWORD psql -X -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password "$@"; }
if [ "$POSTGRES_DB" != postgres ]; then
  sql --dbname postgres -v name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
fi
for file in /docker-entrypoint-initdb.d/*; do
  case $file in
    *.sh)
      # shellcheck source=/dev/null
      if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
    *.sql) sql --dbname "$POSTGRES_DB" -f "$file" ;;
    *.sql.gz) gzip -dc "$file" | sql --dbname "$POSTGRES_DB" ;;
  esac
done
pg_ctl -m fast -w stop

# PG_VERSION comes last: with it, the folder counts as whole.
shopt -s dotglob
for file in "$PGDATA"/*; do [ "${file##*/}" = PG_VERSION ] || mv "$file" "$whole/"; done
mv "$PGDATA/PG_VERSION" "$whole/"
rmdir "$PGDATA"
export PGDATA=$whole
exec "$@"
