-- Sessions that have ended while access tokens of them may still be valid, for services that verify those by themselves.
CREATE TABLE revoked_sessions (
  session_id uuid PRIMARY KEY,
  account_deleted boolean NOT NULL,
  -- No access token of the session is valid after this.
  expires_at timestamptz NOT NULL,
  -- Readers go on from the oldest transaction that was running when they read last: sessions/revocations.ts.
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX revoked_sessions_expires_at ON revoked_sessions (expires_at);
CREATE INDEX revoked_sessions_transaction_id ON revoked_sessions (transaction_id);

-- 11 minutes: the lifetime of an access token, and a minute for clocks that differ and for tokens that were being signed.
CREATE FUNCTION revoke_ended_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO revoked_sessions (session_id, account_deleted, expires_at)
  SELECT id, NOT EXISTS (SELECT FROM users WHERE users.id = ended.user_id),
    least(now(), expires_at) + interval '11 minutes'
  FROM ended
  WHERE expires_at + interval '11 minutes' > now();
  RETURN NULL;
END $$;

-- A trigger covers every way to end a session: deleted accounts, pods of the previous version, statements by hand.
CREATE TRIGGER revoke_ended_sessions AFTER DELETE ON sessions
  REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION revoke_ended_sessions();
