-- Money that somebody pays. Amounts are in the currency's smallest unit, and no more than JSON carries exactly (2^53 - 1).
-- Who locks several rows of one payment locks the payment first.
CREATE TABLE payments (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('purchase', 'subscription')),
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status text NOT NULL CHECK (
    status IN ('requires_confirmation', 'processing', 'requires_action', 'succeeded', 'declined', 'canceled')
  ),
  -- Who moves the money, what it knows the card by, and what people see of that card.
  processor text NOT NULL,
  token text NOT NULL,
  brand text NOT NULL,
  last4 text NOT NULL CHECK (length(last4) <= 4),
  return_url text,
  -- The processor's name for the charge.
  reference text,
  next_action_url text,
  decline_code text,
  decline_message text,
  -- What was given back, and what is about to be: together never more than was paid.
  refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
  refunding bigint NOT NULL DEFAULT 0 CHECK (refunding >= 0),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT never_more_than_paid CHECK (refunded + refunding <= amount),
  CHECK (status = 'succeeded' OR refunded + refunding = 0),
  CHECK (status NOT IN ('succeeded', 'requires_action') OR reference IS NOT NULL),
  CHECK ((status = 'requires_action') = (next_action_url IS NOT NULL)),
  CHECK ((status = 'declined') = (decline_code IS NOT NULL)),
  CHECK ((decline_code IS NULL) = (decline_message IS NULL))
);
-- Partial, and so none that a foreign key could refer to: changing a reference does not wait for those who refer to the payment.
CREATE UNIQUE INDEX payments_reference ON payments (processor, reference) WHERE reference IS NOT NULL;
CREATE INDEX payments_user_id ON payments (user_id, id);

-- The states that follow each other; and what was agreed does not change.
CREATE FUNCTION check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.user_id, NEW.purpose, NEW.amount, NEW.currency, NEW.processor, NEW.token, NEW.created_at)
     IS DISTINCT FROM
     (OLD.id, OLD.user_id, OLD.purpose, OLD.amount, OLD.currency, OLD.processor, OLD.token, OLD.created_at) THEN
    RAISE EXCEPTION 'payment %: who pays what, and with what, does not change', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
    ('requires_confirmation', 'processing'), ('requires_confirmation', 'canceled'),
    ('processing', 'requires_action'), ('processing', 'succeeded'), ('processing', 'declined'), ('processing', 'canceled'),
    ('requires_action', 'processing'), ('requires_action', 'succeeded'), ('requires_action', 'declined'),
    ('requires_action', 'canceled')
  ) THEN
    RAISE EXCEPTION 'payment %: % does not follow %', OLD.id, NEW.status, OLD.status USING ERRCODE = 'check_violation';
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER check_payment BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION check_payment();

CREATE TABLE refunds (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  amount bigint NOT NULL CHECK (amount > 0),
  reason text,
  status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  reference text,
  failure_code text,
  failure_message text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (status <> 'succeeded' OR reference IS NOT NULL),
  CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
  CHECK ((failure_code IS NULL) = (failure_message IS NULL))
);
CREATE INDEX refunds_payment_id ON refunds (payment_id);
CREATE INDEX refunds_reference ON refunds (reference);

-- What the processor is asked to do: written before it is asked, and done when what it answered is written down as well.
CREATE TABLE attempts (
  -- Also the key by which the processor knows a request that comes again.
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('charge', 'cancel', 'refund')),
  payment_id uuid NOT NULL REFERENCES payments,
  refund_id uuid UNIQUE REFERENCES refunds,
  -- When any replica may take it up: while one works at it, the end of its lease.
  due_at timestamptz(3) NOT NULL,
  tries integer NOT NULL DEFAULT 1 CHECK (tries > 0),
  last_error text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  done_at timestamptz(3),
  CHECK ((kind = 'refund') = (refund_id IS NOT NULL))
);
CREATE INDEX attempts_due ON attempts (due_at) WHERE done_at IS NULL;
-- A payment is charged once: a card that is declined is another payment's.
CREATE UNIQUE INDEX attempts_charge ON attempts (payment_id) WHERE kind = 'charge';
CREATE INDEX attempts_payment_id ON attempts (payment_id);

-- The book: what changed hands, each time in entries that sum to zero. Debits are positive, credits negative.
CREATE TABLE ledger_transactions (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('payment', 'refund')),
  payment_id uuid NOT NULL REFERENCES payments,
  refund_id uuid UNIQUE REFERENCES refunds,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK ((kind = 'refund') = (refund_id IS NOT NULL))
);
CREATE UNIQUE INDEX ledger_transactions_payment ON ledger_transactions (payment_id) WHERE kind = 'payment';
CREATE INDEX ledger_transactions_payment_id ON ledger_transactions (payment_id);

CREATE TABLE ledger_entries (
  transaction_id uuid NOT NULL REFERENCES ledger_transactions,
  account text NOT NULL CHECK (account ~ '^[a-z]+(:[a-z]+)?$'),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (transaction_id, account, currency)
);

CREATE VIEW ledger_balances AS
  SELECT account, currency, sum(amount) AS balance FROM ledger_entries GROUP BY account, currency;

-- Checked at the commit, when all entries are there.
CREATE FUNCTION check_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entries integer;
  uneven text;
BEGIN
  SELECT count(*) INTO entries FROM ledger_entries WHERE transaction_id = NEW.transaction_id;
  SELECT string_agg(currency || ' ' || total, ', ') INTO uneven FROM (
    SELECT currency, sum(amount) AS total FROM ledger_entries
    WHERE transaction_id = NEW.transaction_id GROUP BY currency HAVING sum(amount) <> 0
  ) sums;
  IF entries < 2 OR uneven IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % has % entries, and is off by %',
      NEW.transaction_id, entries, coalesce(uneven, 'nothing')
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger();

CREATE FUNCTION check_ledger_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entries WHERE transaction_id = NEW.id) THEN
    RAISE EXCEPTION 'ledger transaction % has no entries', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_has_entries AFTER INSERT ON ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_has_entries();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is only added to: what was wrong is put right by another transaction', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_transactions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON ledger_transactions EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON ledger_entries EXECUTE FUNCTION refuse_change();

-- Requests that may come again, and what was answered: status and body, byte for byte.
CREATE TABLE idempotency_keys (
  -- Whose key it is: two people may choose the same one.
  scope text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  -- HMAC-SHA-256 of method, path and body. The body may hold a card number, which a bare hash would give away.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  -- What whoever finishes it answers with; both null for work that is done and answered in one transaction.
  operation text,
  attempt_id uuid UNIQUE REFERENCES attempts DEFERRABLE INITIALLY DEFERRED,
  -- null while it is in flight.
  status smallint CHECK (status BETWEEN 200 AND 499),
  body text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key),
  CHECK ((status IS NULL) = (body IS NULL)),
  CHECK ((operation IS NULL) = (attempt_id IS NULL))
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at) WHERE status IS NOT NULL;
