-- What Stripe sent by webhook: an event may come several times, and at once.
CREATE TABLE stripe_events (
  -- Stripe's own: evt_….
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
  type text NOT NULL,
  -- When it happened, as Stripe says.
  created timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  -- While somebody handles it, the end of the lease.
  claimed_until timestamptz(3) NOT NULL,
  done_at timestamptz(3)
);
CREATE INDEX stripe_events_received_at ON stripe_events (received_at);
