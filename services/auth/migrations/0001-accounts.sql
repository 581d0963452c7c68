-- Who has an account. The address is kept as it was entered; email_key is what makes it unique.
CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  email_key text NOT NULL UNIQUE CHECK (email_key = lower(email COLLATE "C")),
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Milliseconds, as JavaScript's dates have: it is compared with what a program has read.
  password_changed_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Where somebody is logged in: a browser with a cookie (page), or a program with refresh tokens (api).
-- Who locks several rows locks them in this order, so that nobody waits in a circle: users, sessions, refresh_tokens.
CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('page', 'api')),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  -- Moves on with use, up to a time after created_at that the program sets.
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  -- SHA-256 of the cookie.
  cookie_hash bytea UNIQUE CHECK (octet_length(cookie_hash) = 32),
  CHECK ((kind = 'page') = (cookie_hash IS NOT NULL))
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Those of one session are a family: each is used once, for the next. Used ones stay, so that using one again is noticed.
CREATE TABLE refresh_tokens (
  -- SHA-256 of the token.
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  used_at timestamptz
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expires_at ON refresh_tokens (expires_at);

-- What access tokens are signed with. A handful of rows.
CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint of the public key.
  kid text PRIMARY KEY CHECK (length(kid) = 43),
  public_jwk jsonb NOT NULL,
  -- AES-256-GCM: 12 bytes of nonce, the private JWK, 16 bytes of tag.
  private_jwk bytea NOT NULL CHECK (octet_length(private_jwk) > 28),
  -- Says which KEY_ENCRYPTION_KEY decrypts it, without telling anything about that.
  encryption_key_id text NOT NULL CHECK (length(encryption_key_id) = 22),
  created_at timestamptz NOT NULL DEFAULT now(),
  signs_from timestamptz NOT NULL,
  -- No token that it signed is valid after this: it is published until then.
  expires_at timestamptz NOT NULL CHECK (expires_at > signs_from)
);

-- How often something was tried (GCRA): tat is when the bucket will be full again. Unlogged: these are many small writes
-- that nobody misses. After a crash of the database server the buckets are full.
CREATE UNLOGGED TABLE limits (
  -- SHA-256 of what is limited and for whom.
  key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
  tat timestamptz NOT NULL
);
CREATE INDEX limits_tat ON limits (tat);
