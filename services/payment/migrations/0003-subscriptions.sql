-- Months as people count them, in UTC whatever the session's time zone is: Jan 31 + 1 month is Feb 28, + 2 months Mar 31.
CREATE FUNCTION utc_after(since timestamptz, duration interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN (since AT TIME ZONE 'UTC' + duration) AT TIME ZONE 'UTC';

-- What somebody pays for again and again. Who locks a payment as well locks that first, or does not wait for it.
CREATE TABLE subscriptions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  plan text NOT NULL,
  -- What was agreed on, each period, an ISO 8601 duration: a plan's new price is for new subscriptions.
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  period text NOT NULL CHECK (period::interval > interval '0'),
  status text NOT NULL CHECK (status IN ('incomplete', 'active', 'past_due', 'canceled', 'expired')),
  -- What the next period is paid with: who knows the card, by what, and what people see of it.
  processor text NOT NULL,
  token text NOT NULL,
  brand text NOT NULL,
  last4 text NOT NULL CHECK (length(last4) <= 4),
  return_url text,
  -- How many periods were paid, and the last of them. Period n ends at anchor + (n + 1 - anchor_number) * period.
  number integer NOT NULL DEFAULT 0 CHECK (number >= 0),
  anchor timestamptz(3),
  anchor_number integer CHECK (anchor_number BETWEEN 1 AND number),
  period_start timestamptz(3),
  period_end timestamptz(3) CHECK (period_end > period_start),
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  -- When something is to be done next: the renewal, another try, the end.
  due_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  ended_at timestamptz(3),
  CHECK (num_nonnulls(anchor, anchor_number, period_start, period_end) = CASE number WHEN 0 THEN 0 ELSE 4 END),
  CHECK (status NOT IN ('active', 'past_due') OR number > 0),
  CHECK (status <> 'incomplete' OR number = 0),
  CHECK ((status IN ('active', 'past_due')) = (due_at IS NOT NULL)),
  CHECK ((status IN ('canceled', 'expired')) = (ended_at IS NOT NULL))
);
-- Nobody has two at once.
CREATE UNIQUE INDEX subscriptions_live ON subscriptions (user_id) WHERE status IN ('incomplete', 'active', 'past_due');
CREATE INDEX subscriptions_user_id ON subscriptions (user_id, id);
-- Whether somebody may watch: the one that is not over, else the last one.
CREATE INDEX subscriptions_entitlement ON subscriptions (user_id, ended_at DESC NULLS FIRST);
CREATE INDEX subscriptions_due ON subscriptions (due_at) WHERE due_at IS NOT NULL;

-- The states that follow each other; and what was agreed does not change. An expired one comes back if its payment goes
-- through after all; what its owner canceled does not.
CREATE FUNCTION check_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.user_id, NEW.plan, NEW.amount, NEW.currency, NEW.period, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.user_id, OLD.plan, OLD.amount, OLD.currency, OLD.period, OLD.created_at) THEN
    RAISE EXCEPTION 'subscription %: what was agreed does not change', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status AND (
    OLD.status = 'canceled' OR NEW.status = 'incomplete' OR (OLD.status = 'expired' AND NEW.status <> 'active')
  ) THEN
    RAISE EXCEPTION 'subscription %: % does not follow %', OLD.id, NEW.status, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_subscription BEFORE UPDATE ON subscriptions FOR EACH ROW EXECUTE FUNCTION check_subscription();

-- Every try to pay a period.
CREATE TABLE subscription_periods (
  subscription_id uuid NOT NULL REFERENCES subscriptions,
  number integer NOT NULL CHECK (number > 0),
  try integer NOT NULL CHECK (try > 0),
  payment_id uuid NOT NULL UNIQUE REFERENCES payments,
  -- Once it is paid: what for.
  period_start timestamptz(3),
  period_end timestamptz(3),
  PRIMARY KEY (subscription_id, number, try),
  CHECK ((period_start IS NULL) = (period_end IS NULL))
);
-- A period counts as paid once.
CREATE UNIQUE INDEX subscription_periods_paid ON subscription_periods (subscription_id, number)
  WHERE period_start IS NOT NULL;
