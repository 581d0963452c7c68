-- What happened, written in the transaction that made it happen (a transactional outbox).
CREATE TABLE events (
  id uuid PRIMARY KEY,
  -- Who emits holds the lock of what the event is about, so events about one payment have rising numbers: consumers see by
  -- them which of two is newer, in whatever order these arrive.
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  type text NOT NULL CHECK (type ~ '^[a-z_]+\.[a-z_]+$'),
  -- json, not jsonb: consumers get the very text that was written, in every attempt.
  data json NOT NULL CHECK (json_typeof(data) = 'object'),
  -- Not now(), which is when the transaction began: it may have waited for another one's lock since.
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Whether there is a delivery for each endpoint that wants it.
  routed boolean NOT NULL DEFAULT false
);
CREATE INDEX events_unrouted ON events (sequence) WHERE NOT routed;
CREATE INDEX events_created_at ON events (created_at);

-- Who wants to know.
CREATE TABLE webhook_endpoints (
  id uuid PRIMARY KEY,
  url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 2048),
  -- Event types; empty for all, also those that are to come.
  types text[] NOT NULL,
  -- AES-256-GCM under a key that KEY_ENCRYPTION_KEY gives: 12 bytes of nonce, the secret, 16 bytes of tag.
  secret bytea NOT NULL CHECK (octet_length(secret) > 28),
  -- The one before, which signs as well until then: a consumer changes from one to the other without missing any.
  old_secret bytea CHECK (octet_length(old_secret) > 28),
  old_secret_until timestamptz(3),
  -- Why it gets nothing: request (somebody asked for that), gone (it answered 410). null: it is enabled.
  disabled text CHECK (disabled IN ('request', 'gone')),
  -- It asked for that (Retry-After): nothing is sent to it before.
  paused_until timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
);

-- An event's way to one endpoint.
CREATE TABLE webhook_deliveries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
  -- dead: given up, until somebody has it delivered again.
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  -- Begun, ever: tells an attempt whose lease is over from the one after it.
  attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- Begun since it was created or last asked for: how far it is in the schedule.
  tries integer NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND attempts),
  -- When any replica may take it: after a failure the next attempt's time, while one works at it the end of its lease.
  next_attempt_at timestamptz(3) NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  delivered_at timestamptz(3),
  -- Of the last attempt: the answer's status and the beginning of its body, and what was wrong.
  last_status integer,
  last_body text CHECK (octet_length(last_body) <= 4096),
  last_error text,
  UNIQUE (event_id, endpoint_id),
  CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (id) WHERE state = 'dead';
CREATE INDEX webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id, id);
