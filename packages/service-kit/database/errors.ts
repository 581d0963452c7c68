import pg from "pg";

/**
 * No connection could be opened, the one in use was lost, or a statement took too long. Clients get a 503: see
 * http/errors.ts.
 *
 * The work may still have been done, if the connection was lost before the answer to a COMMIT arrived, or to a
 * statement outside of a transaction. Work that must not be done twice needs an id with a unique constraint.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name = "DatabaseUnavailableError";

  constructor(cause: unknown) {
    super("The database is unavailable right now. Try again shortly.", {
      cause,
    });
  }
}

/**
 * Whether the error is a unique-constraint violation.
 * @param constraint the constraint's name; @default any
 */
export const isUniqueViolation = (
  error: unknown,
  constraint?: string,
): boolean =>
  codeOf(error) === "23505" &&
  (constraint === undefined ||
    (error as pg.DatabaseError).constraint === constraint);

/** The SQLSTATE of an error that PostgreSQL itself reported. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/**
 * Whether the connection can't be used any more:
 * - 08: it failed. 57P01 to 57P05, 25P03: the server ends it. 25006: the server is read-only, such as the old primary
 *   after a failover.
 * - 0A000 from RevalidateCachedQuery: a migration changed the result type of a prepared statement, and this connection
 *   keeps the stale plan.
 * - 26000, 42P05: the server has other prepared statements than expected, such as after DISCARD ALL or behind some
 *   poolers.
 *
 * https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export const losesConnection = (error: unknown): boolean =>
  /^(08...|57P0[1-5]|25P03|25006|26000|42P05)$/.test(codeOf(error) ?? "") ||
  (codeOf(error) === "0A000" &&
    (error as pg.DatabaseError).routine === "RevalidateCachedQuery");

/**
 * Whether the database is overloaded: statement_timeout (57014), lock_timeout (55P03) or too many connections (53300).
 * Clients get a 503 and retry later, which reduces the load.
 */
export const isOverload = (error: unknown): boolean =>
  /^(57014|55P03|53300)$/.test(codeOf(error) ?? "");

/** The error's message for the log. Neither PostgreSQL nor Node.js includes a password. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) return reasonOf(error.cause);
  const { message, code } = error as { message: string; code?: string };
  // If none of several addresses answers, the error is an AggregateError without a message.
  return `${message || code}${advice(code ?? "")}`;
}

/** The variable to set if the server's certificate is rejected. */
function advice(code: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "; DATABASE_TLS_NAME says which name its certificate has";
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)_/.test(code))
    return "; DATABASE_TLS_CA says which authority signs its certificate";
  return "";
}
