import pg from "pg";
import { logger } from "../observability/logger.ts";
import { Connection } from "./connection.ts";
import { DatabaseUnavailableError, reasonOf } from "./errors.ts";
import { poolSize } from "./pool-size.ts";
import type { Queries } from "./queries.ts";
import { begin, timeouts } from "./timeouts.ts";
import { runTransaction } from "./transaction.ts";
import { getTypeParser } from "./types.ts";
import { addressOf, type DatabaseVariables, tlsOf } from "./variables.ts";

export interface Database extends Queries {
  /**
   * Runs `work` in one transaction: commits if it resolves, rolls back if it rejects. `work` must wait for nothing but
   * the database: after 10 s without a statement the server ends the transaction.
   *
   * If the connection is lost during COMMIT, the transaction may have been committed despite the
   * DatabaseUnavailableError.
   * @throws what `work` throws; DatabaseUnavailableError; Error if `work` resolved although a statement failed
   */
  transaction<T>(
    work: (tx: Queries) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Closes all connections. Those in use are closed when they are released, or after 2 s. */
  close(): Promise<void>;
}

interface TransactionOptions {
  /** For each statement; 0 for no limit. @default 5000 */
  statementTimeoutMs?: number;
}

const limits = {
  /** For a new or idle connection. Failing early is better than making clients wait. */
  connectMs: 3_000,
  /** After the server's own statement timeout, until the connection counts as lost. */
  graceMs: 2_000,
  /** Until an idle connection is closed. */
  idleMs: 30_000,
  /** Maximum age of a connection: after a failover by DNS, all connections move to the new server within this time. */
  lifetimeMs: 300_000,
  /** Without data, until TCP sends keep-alive probes (then ten, one per second). */
  keepAliveDelayMs: 10_000,
  /** Connections that were idle for longer are tested before use. HikariCP uses the same value. */
  trustMs: 500,
  /** From close() until connections in use are closed. */
  closeMs: 2_000,
};

/**
 * Opens a connection pool: pg-pool plus checks whether connections are alive. The first statement connects.
 * @param options.name application_name on the server
 */
export function openDatabase(
  variables: DatabaseVariables,
  options: { name?: string } = {},
): Database {
  const address = addressOf(variables.DATABASE_URL);
  return new Pool({
    ...address,
    ssl: tlsOf(variables, address.host),
    max: variables.DATABASE_CONNECTIONS ?? poolSize,
    application_name: options.name ?? "marquee",
    connectionTimeoutMillis: limits.connectMs,
    idleTimeoutMillis: limits.idleMs,
    maxLifetimeSeconds: limits.lifetimeMs / 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: limits.keepAliveDelayMs,
    types: { getTypeParser },
  });
}

class Pool implements Database {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<pg.PoolClient, Connection>();
  readonly #inUse = new Set<Connection>();
  /** When a connection was last found lost. Older idle ones are discarded: usually all are lost together. */
  #doubt = 0;
  #warned = false;
  #closing: Promise<void> | undefined;

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool(config);
    this.#pool.on("connect", (client) => {
      this.#connections.set(client, new Connection(client));
    });
    // An idle connection failed; the pool has removed it.
    this.#pool.on("error", (error) => {
      const reason = reasonOf(error); // the error itself references the client
      logger.warn({ reason }, "a connection to the database was lost");
    });
  }

  async query<Row>(text: string, values: readonly unknown[] = []) {
    const connection = await this.#takeAlive(() => "SELECT", limits.trustMs);
    if (!connection.hasTimeouts) {
      this.#release(connection);
      return this.transaction((tx) => tx.query<Row>(text, values));
    }
    try {
      const timeoutMs = timeouts.statement_timeout + limits.graceMs;
      return (await connection.run(text, values, timeoutMs)).rows as Row[];
    } finally {
      this.#release(connection);
    }
  }

  async transaction<T>(
    work: (tx: Queries) => Promise<T>,
    {
      statementTimeoutMs = timeouts.statement_timeout,
    }: TransactionOptions = {},
  ): Promise<T> {
    const timeoutMs = statementTimeoutMs && statementTimeoutMs + limits.graceMs;
    const connection = await this.#takeAlive(
      ({ hasTimeouts }) => begin(statementTimeoutMs, hasTimeouts),
      0,
    );
    try {
      return await runTransaction(connection, work, timeoutMs);
    } finally {
      this.#release(connection);
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limits.closeMs);
      });
      await Promise.race([this.#pool.end(), late]);
      clearTimeout(timer);
      for (const connection of this.#inUse) connection.cut();
    })();
    return this.#closing;
  }

  /**
   * Takes a connection that is alive, by running `statement` on it. Tries another one if it died while idle, so
   * `statement` must be safe to repeat.
   * @param trustMs skips the test of connections that were idle for less; 0 always runs `statement`
   */
  async #takeAlive(
    statement: (connection: Connection) => string,
    trustMs: number,
  ): Promise<Connection> {
    for (;;) {
      const connection = await this.#take();
      const { idleSince } = connection; // undefined: it is new
      try {
        const idleMs = performance.now() - (idleSince ?? performance.now());
        // A pooler may queue the statement until a server connection is free.
        const timeoutMs = connection.isPooled
          ? limits.connectMs
          : limits.graceMs;
        if (trustMs === 0 || idleMs > trustMs)
          await connection.run(statement(connection), [], timeoutMs);
        return connection;
      } catch (error) {
        this.#release(connection);
        if (!connection.lost || idleSince === undefined) throw error;
      }
    }
  }

  /** Takes a connection. Any failure here means that the database is unavailable. */
  async #take(): Promise<Connection> {
    if (this.#closing) throw new Error("The database was closed.");
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
    const connection = this.#connections.get(client) as Connection;
    connection.take();
    if ((connection.idleSince ?? Infinity) < this.#doubt) {
      connection.cut();
      return this.#take();
    }
    this.#inUse.add(connection);
    if (connection.idleSince === undefined) await this.#inspect(connection);
    return connection;
  }

  async #inspect(connection: Connection): Promise<void> {
    try {
      await connection.inspect(limits.connectMs);
    } catch (error) {
      connection.cut(); // it must not be used uninspected
      this.#release(connection);
      throw error instanceof DatabaseUnavailableError
        ? error
        : new DatabaseUnavailableError(error);
    }
    if (connection.hasTimeouts || this.#warned) return;
    this.#warned = true;
    logger.warn(
      { expected: timeouts },
      "the database role lacks timeouts, or has longer ones: each statement runs in a transaction that sets them, at the cost of two round trips; set them with ALTER ROLE … SET",
    );
  }

  #release(connection: Connection): void {
    this.#inUse.delete(connection);
    connection.release();
    if (connection.lost) this.#doubt = performance.now();
  }
}
