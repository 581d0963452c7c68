-- Whose account was deleted lately: their access tokens are valid for some minutes more, and what other devices of theirs do with
-- them is not kept any more.
CREATE TABLE deleted_users (
  user_id uuid PRIMARY KEY,
  deleted_at timestamptz NOT NULL DEFAULT now()
);
