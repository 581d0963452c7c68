-- The books of the sandbox, the processor that stands in for a real one. It is another company: nothing here refers to what
-- payment itself keeps, nor the other way round. No card's number is here, nor its security code, in whatever form.
CREATE TABLE sandbox_methods (
  token text PRIMARY KEY,
  brand text NOT NULL,
  last4 text NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
  -- What it does when it is charged: a name from behaviours.ts.
  behaviour text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE sandbox_charges (
  -- The caller's: the same one never charges twice.
  key text PRIMARY KEY,
  -- Who knows it may approve the charge: 128 random bits.
  reference text NOT NULL UNIQUE,
  payment_id text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  token text NOT NULL,
  return_url text,
  behaviour text NOT NULL,
  status text NOT NULL CHECK (status IN ('succeeded', 'declined', 'requires_action', 'processing', 'canceled')),
  -- Why it is declined; or why it will be, once it is approved or has been worked at.
  decline_code text,
  -- With processing: when that is over.
  settles_at timestamptz,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (status <> 'declined' OR decline_code IS NOT NULL),
  CHECK (status <> 'succeeded' OR decline_code IS NULL),
  CHECK ((status = 'processing') = (settles_at IS NOT NULL))
);
CREATE INDEX sandbox_charges_token ON sandbox_charges (token) WHERE behaviour = 'only_first';

CREATE TABLE sandbox_refunds (
  key text PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  charge text NOT NULL REFERENCES sandbox_charges (reference),
  amount bigint NOT NULL CHECK (amount > 0),
  status text NOT NULL CHECK (status IN ('succeeded', 'pending', 'failed')),
  -- Why it failed; or, with pending, why it will.
  failure_code text,
  settles_at timestamptz,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (status <> 'failed' OR failure_code IS NOT NULL),
  CHECK (status <> 'succeeded' OR failure_code IS NULL),
  CHECK ((status = 'pending') = (settles_at IS NOT NULL))
);
CREATE INDEX sandbox_refunds_charge ON sandbox_refunds (charge);

-- How often a request came that is not answered the first times.
CREATE TABLE sandbox_tries (
  request text NOT NULL CHECK (request IN ('charge', 'refund')),
  key text NOT NULL,
  tries integer NOT NULL DEFAULT 1,
  PRIMARY KEY (request, key)
);

-- What they are by now: time alone ends what is processing or pending.
CREATE VIEW sandbox_charges_now AS
  SELECT key, reference, payment_id, amount, currency, token, return_url, behaviour, decline_code,
    CASE
      WHEN status <> 'processing' OR settles_at > now() THEN status
      WHEN decline_code IS NULL THEN 'succeeded'
      ELSE 'declined'
    END AS status
  FROM sandbox_charges;

CREATE VIEW sandbox_refunds_now AS
  SELECT key, reference, charge, amount, failure_code,
    CASE
      WHEN status <> 'pending' OR settles_at > now() THEN status
      WHEN failure_code IS NULL THEN 'succeeded'
      ELSE 'failed'
    END AS status
  FROM sandbox_refunds;
