-- The KEY_ENCRYPTION_KEY that webhook secrets and request fingerprints are made with, by its id, which tells nothing about the key.
-- A program with another key does not start: it could sign no webhook, and would refuse repeated requests.
CREATE TABLE encryption_key (
  -- One row at most.
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id text NOT NULL
);
