import { HTTPException } from "hono/http-exception";
import pg from "pg";

/**
 * The database can't be used now: there is no connection to be had, the one in use was lost, or it takes too long. To a client
 * it is a 503 with Retry-After; `cause` is what happened, for the log.
 *
 * What was under way may have been done: a statement outside of a transaction, or a COMMIT, whose connection was lost before
 * the answer came. Work that must not be done twice carries an id that a unique constraint knows.
 */
export class DatabaseUnavailableError extends HTTPException {
  constructor(cause: unknown) {
    super(503, {
      message: "The database does not answer now. Try again shortly.",
      cause,
      res: new Response(null, { headers: { "retry-after": "1" } }), // seconds
    });
  }
}

/**
 * Whether an error says that a row would have been the second with what only one may have.
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
 * SQLSTATEs after which a connection is of no use: it failed (08), the server ends it (57P01 to 57P05, 25P03), or the server is
 * one that only reads, as the old primary is after a failover (25006). So does a migration that changed a column which a
 * statement of this connection's gives (a 0A000 of RevalidateCachedQuery): the server knows the statement for good as it was.
 * So does a server that knows other prepared statements than we think, as after DISCARD ALL or behind some poolers (26000, 42P05).
 * https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export const losesConnection = (error: unknown): boolean =>
  /^(08...|57P0[1-5]|25P03|25006|26000|42P05)$/.test(codeOf(error) ?? "") ||
  (codeOf(error) === "0A000" &&
    (error as pg.DatabaseError).routine === "RevalidateCachedQuery");

/**
 * SQLSTATEs of a database that is there and can't do it now: a statement that took too long (57014, statement_timeout) or
 * waited too long for a lock (55P03, lock_timeout), too many connections (53300). A database that is overloaded is helped by
 * clients that come again later, and those are helped by a 503.
 */
export const isOverload = (error: unknown): boolean =>
  /^(57014|55P03|53300)$/.test(codeOf(error) ?? "");

/** What an error says, for the log: never with a password, as neither PostgreSQL nor Node.js puts one there. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) return reasonOf(error.cause);
  const { message, code } = error as { message: string; code?: string };
  // Several addresses, none of which answered, are an AggregateError, which has a code alone.
  return `${message || code}${advice(code ?? "")}`;
}

/** What to do about a server's certificate that is refused. */
function advice(code: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "; DATABASE_TLS_NAME says which name its certificate has";
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)_/.test(code))
    return "; DATABASE_TLS_CA says which authority signs its certificate";
  return "";
}
