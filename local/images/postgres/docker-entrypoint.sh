#!/bin/bash
# Starts PostgreSQL, and creates its data folder at the first start. Environment variables, folders and the order of
# steps are those of Docker's official image, so that each can replace the other: https://hub.docker.com/_/postgres
set -eo pipefail # not -u, which sourced init scripts may not support

fail() { echo "docker-entrypoint: $*" >&2; exit 1; }

# Sets a variable from the file that VARIABLE_FILE names (for mounted secrets) or to a default, and exports it to init
# scripts.
setting() {
  local file=$1_FILE
  if [ -n "${!1}" ] && [ -n "${!file}" ]; then fail "$1 and $file are both set; set only one of them."; fi
  if [ -n "${!file}" ]; then
    [ -r "${!file}" ] || fail "$file is ${!file}, which is not a readable file."
    export "$1=$(<"${!file}")"
  else
    export "$1=${!1:-$2}"
  fi
}

[ $# -gt 0 ] || set -- postgres
case $1 in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"
for argument; do
  case $argument in -\? | --help | --describe-config | -V | --version) exec "$@" ;; esac
done
wal=$POSTGRES_INITDB_WALDIR
mkdir -p "$PGDATA" ${wal:+"$wal"}
if [ "$(id -u)" = 0 ]; then
  chown -R postgres:postgres "$PGDATA" /run/postgresql ${wal:+"$wal"}
  exec chroot --userspec=postgres:postgres / "$0" "$@"
fi
umask 077
chmod 700 "$PGDATA" 2>/dev/null || true # PostgreSQL requires it; fails if another user owns the mount
[ -s "$PGDATA/PG_VERSION" ] && exec "$@"

# Init scripts call this function by its name in the official image.
docker_process_sql() {
  PGHOST='' PGHOSTADDR='' psql -X -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --no-password "$@"
}

# Creates a data folder and runs the scripts in /docker-entrypoint-initdb.d.
# $1: the folder; other arguments: the server's command line
create_data() {
  export PGDATA=$1 PGPASSWORD=$POSTGRES_PASSWORD
  shift
  local options file
  eval "options=($POSTGRES_INITDB_ARGS)" # with shell quoting
  [ -z "$wal" ] || options+=(--waldir "$wal")
  [ -z "$POSTGRES_PASSWORD" ] || options+=(--pwfile /dev/fd/3)
  initdb --username="$POSTGRES_USER" "${options[@]}" 3<<<"$POSTGRES_PASSWORD"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"

  # During setup, the server listens only on its socket.
  pg_ctl -w -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")" start
  if [ "$POSTGRES_DB" != postgres ]; then
    docker_process_sql --dbname postgres -v name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    [ -e "$file" ] || continue # the folder is empty
    echo "docker-entrypoint: $file"
    case $file in
      *.sh)
        # shellcheck source=/dev/null
        if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) docker_process_sql -f "$file" ;;
      *.sql.gz) gzip -dc "$file" | docker_process_sql ;;
      *.sql.xz | *.sql.zst) fail "$file can't be unpacked here: compress it with gzip." ;;
      *) echo "docker-entrypoint: $file is ignored: it ends neither in .sh nor in .sql or .sql.gz" ;;
    esac
  done
  pg_ctl -m fast -w stop
  unset PGPASSWORD
}

# The data is created in .new and renamed to .whole when complete, so an interrupted first start begins again.
data=$PGDATA
if [ ! -d "$data/.whole" ]; then
  for file in $(ls -A "$data"); do
    case $file in
      .new | lost+found) ;;
      *) fail "$data has $file in it and no PG_VERSION: it is neither empty nor a PostgreSQL data folder, and was not changed." ;;
    esac
  done
  setting POSTGRES_USER postgres
  setting POSTGRES_PASSWORD
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    fail "POSTGRES_PASSWORD is empty or not set: the first start needs the superuser's password (or POSTGRES_HOST_AUTH_METHOD=trust, which needs no passwords)."
  fi
  rm -rf "$data/.new"
  mkdir "$data/.new"
  create_data "$data/.new" "$@"
  mv "$data/.new" "$data/.whole"
fi
# An interrupted move continues here. PG_VERSION is moved last, because it marks the data folder as complete.
shopt -s dotglob
for file in "$data/.whole"/*; do [ "${file##*/}" = PG_VERSION ] || mv "$file" "$data/"; done
mv "$data/.whole/PG_VERSION" "$data/"
rmdir "$data/.whole"
export PGDATA=$data
exec "$@"
