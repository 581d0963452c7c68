/**
 * The server's timeouts for services' sessions, in milliseconds. They are set for the role (`ALTER ROLE … SET`): a
 * connection pooler refuses them as startup parameters, and does not keep what a session sets.
 */
export const timeouts = {
  /** Services' statements take a few milliseconds; one that takes seconds would keep a connection from all others. */
  statement_timeout: 5_000,
  /** Shorter than statement_timeout, so that the error says which of the two it was. */
  lock_timeout: 3_000,
  /** Frees the locks of a transaction whose program hangs or has gone. */
  idle_in_transaction_session_timeout: 10_000,
};

export type Timeout = keyof typeof timeouts;

/** SQL that begins a transaction with all timeouts, also where the role lacks them. */
export function begin(statementTimeout: number, hasTimeouts: boolean): string {
  const changed = {
    ...(hasTimeouts ? {} : timeouts),
    ...(statementTimeout === timeouts.statement_timeout
      ? {}
      : { statement_timeout: statementTimeout }),
  };
  const settings = Object.entries(changed).map(
    ([name, ms]) => `SET LOCAL ${name} = ${ms}`,
  );
  return ["BEGIN", ...settings].join("; ");
}
