if [ -n "${AUTHORITY:-}" ]; then printf '%s\n' "$AUTHORITY" >/tmp/authority.pem; fi
for _ in $(seq "$PATIENCE"); do
  if pg_isready --quiet; then break; fi
  sleep 1
done
run() { psql --no-psqlrc --quiet --no-password --set ON_ERROR_STOP=1 "$@"; }
for role in $SERVICES; do
  export ROLE_PASSWORD="$(printenv "PASSWORD_$role")"
  run --set role="$role" --set owner="$OWNER" --set connections="$(printenv "CONNECTIONS_$role")" <<'SQL'
\getenv password ROLE_PASSWORD
@PROVISION_SQL@
SQL
  echo "role and database: $role"
done
