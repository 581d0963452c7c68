#!/bin/bash
# Starts PostgreSQL, and makes its data folder at the first start. Environment variables, folders and order are those of
# Docker's official image, so that either runs in the other's place: https://hub.docker.com/_/postgres
set -eo pipefail # not -u, which scripts that are sourced below may not know

fail() { echo "docker-entrypoint: $*" >&2; exit 1; }

# Gives a variable what is in the file that VARIABLE_FILE names, as secrets are mounted, or a default. Scripts below have it, too.
setting() {
  local file=$1_FILE
  if [ -n "${!1}" ] && [ -n "${!file}" ]; then fail "$1 and $file are both set, and only one of them can say it."; fi
  if [ -n "${!file}" ]; then
    [ -r "${!file}" ] || fail "$file is ${!file}, and there is no file that can be read."
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
chmod 700 "$PGDATA" 2>/dev/null || true # PostgreSQL refuses others'; somebody else's mount it can't use
[ -s "$PGDATA/PG_VERSION" ] && exec "$@"

# By the name that scripts know it by.
docker_process_sql() {
  PGHOST='' PGHOSTADDR='' psql -X -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --no-password "$@"
}

# Makes a data folder with what /docker-entrypoint-initdb.d says.
# $1: where; $2 and more: what the server is started with
make() {
  export PGDATA=$1 PGPASSWORD=$POSTGRES_PASSWORD
  shift
  local options file
  eval "options=($POSTGRES_INITDB_ARGS)" # quoted as in a shell
  [ -z "$wal" ] || options+=(--waldir "$wal")
  [ -z "$POSTGRES_PASSWORD" ] || options+=(--pwfile /dev/fd/3)
  initdb --username="$POSTGRES_USER" "${options[@]}" 3<<<"$POSTGRES_PASSWORD"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"

  # Reached through its socket alone until it is set up.
  pg_ctl -w -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")" start
  if [ "$POSTGRES_DB" != postgres ]; then
    docker_process_sql --dbname postgres -v name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    [ -e "$file" ] || continue # there is none
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

# Made beside its place and put there when it is whole: a start that was interrupted is begun anew.
data=$PGDATA
if [ ! -d "$data/.whole" ]; then
  for file in $(ls -A "$data"); do
    case $file in
      .new | lost+found) ;;
      *) fail "$data has $file in it and no PG_VERSION: it is neither empty nor PostgreSQL's, and was left as it is." ;;
    esac
  done
  setting POSTGRES_USER postgres
  setting POSTGRES_PASSWORD
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    fail "POSTGRES_PASSWORD is empty or not set: the first start needs the superuser's password (or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in)."
  fi
  rm -rf "$data/.new"
  mkdir "$data/.new"
  make "$data/.new" "$@"
  mv "$data/.new" "$data/.whole"
fi
# What was interrupted from here on goes on here. PG_VERSION comes last: with it, the folder counts as whole.
shopt -s dotglob
for file in "$data/.whole"/*; do [ "${file##*/}" = PG_VERSION ] || mv "$file" "$data/"; done
mv "$data/.whole/PG_VERSION" "$data/"
rmdir "$data/.whole"
export PGDATA=$data
exec "$@"
