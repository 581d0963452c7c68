-- The checks of the book, with one look at its entries each. By count(*), not by EXISTS: for that, PostgreSQL reads a table from its
-- beginning while it is small, and a connection keeps that plan however large the table grows.
CREATE OR REPLACE FUNCTION check_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entries integer;
  uneven text;
BEGIN
  SELECT coalesce(sum(number), 0), string_agg(currency || ' ' || total, ', ') FILTER (WHERE total <> 0) INTO entries, uneven FROM (
    SELECT currency, count(*) AS number, sum(amount) AS total FROM ledger_entries
    WHERE transaction_id = NEW.transaction_id GROUP BY currency
  ) sums;
  IF entries < 2 OR uneven IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % has % entries, and is off by %',
      NEW.transaction_id, entries, coalesce(uneven, 'nothing')
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_ledger_has_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM ledger_entries WHERE transaction_id = NEW.id) = 0 THEN
    RAISE EXCEPTION 'ledger transaction % has no entries', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;
