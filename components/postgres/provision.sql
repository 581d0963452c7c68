BEGIN;
SELECT set_config('marquee.role', :'role', true), set_config('marquee.owner', :'owner', true) \g /dev/null
DO $body$
DECLARE
  owner text := (SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = current_setting('marquee.role'));
BEGIN
  IF current_setting('marquee.role') = current_user THEN
    RAISE EXCEPTION 'marquee:database.user is %, which is also the name of a service. Use another administrator: each service needs a role of its own.', current_user;
  END IF;
  IF owner <> current_setting('marquee.owner') THEN
    RAISE EXCEPTION 'The role % on this server is of %, and this is %. Give each stack a database server of its own.',
      current_setting('marquee.role'), owner, current_setting('marquee.owner');
  END IF;
END $body$;
SET LOCAL createrole_self_grant = 'set, inherit';
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN CONNECTION LIMIT :connections PASSWORD :'password';
@ROLE_TIMEOUTS@
COMMENT ON ROLE :"role" IS :'owner';
COMMIT;
SELECT format('CREATE DATABASE %I OWNER %I', :'role', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', datname) FROM pg_database
  WHERE datname IN ('postgres', 'template1') AND pg_has_role(datdba, 'USAGE') \gexec
