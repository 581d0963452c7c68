-- How far somebody has come in a title. There is a row for each title that they began: as many as there are titles, at most.
-- The list of what to go on with is read by the primary key, all rows of a user, and sorted. There is no index by time on purpose:
-- each player writes every few seconds, and a row without a changed index is updated in its place (HOT; so the room, too).
CREATE TABLE progress (
  user_id uuid NOT NULL,
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
  -- Seconds. NaN is more than Infinity.
  position double precision NOT NULL CHECK (position >= 0 AND position <= duration),
  duration double precision NOT NULL CHECK (duration > 0 AND duration < 'Infinity'),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (user_id, title)
) WITH (fillfactor = 80);

-- What payment said last of who may watch, for when it does not answer. Who never might has no row.
CREATE TABLE entitlements (
  user_id uuid PRIMARY KEY,
  entitled boolean NOT NULL,
  status text NOT NULL,
  plan text,
  until timestamptz,
  asked_at timestamptz NOT NULL
) WITH (fillfactor = 80);
