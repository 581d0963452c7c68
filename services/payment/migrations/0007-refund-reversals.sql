-- A refund that succeeded may fail after that: then the book has a second transaction of it, which reverses the first.
ALTER TABLE ledger_transactions
  DROP CONSTRAINT ledger_transactions_kind_check,
  DROP CONSTRAINT ledger_transactions_check,
  DROP CONSTRAINT ledger_transactions_refund_id_key,
  ADD CONSTRAINT ledger_transactions_kind_check CHECK (kind IN ('payment', 'refund', 'refund_reversal')),
  ADD CONSTRAINT ledger_transactions_check CHECK ((kind = 'payment') = (refund_id IS NULL)),
  ADD CONSTRAINT ledger_transactions_refund UNIQUE (refund_id, kind);
