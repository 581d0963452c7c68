import pg from "pg"; // PostgreSQL's protocol in JavaScript, without anything to compile
import { logger } from "../observability/logger.ts";
import { Connection } from "./connection.ts";
import { DatabaseUnavailableError, reasonOf } from "./errors.ts";
import { poolSize } from "./pool-size.ts";
import { begin, timeouts } from "./timeouts.ts";
import { getTypeParser } from "./types.ts";
import { addressOf, type DatabaseVariables, tlsOf } from "./variables.ts";

export interface Queries {
  /**
   * Runs one statement and gives its rows. Values are parameters ($1 …), never text in the statement.
   *
   * int8 comes back as bigint, timestamptz as Date, date, numeric and uuid as text, bytea as Buffer, json as what it says.
   * @throws DatabaseUnavailableError where the database can't be used now or takes too long; PostgreSQL's own error (pg.DatabaseError)
   * for anything else
   */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Database extends Queries {
  /**
   * Runs `work` in one transaction on one connection: committed if it resolves, rolled back if it rejects. `work` waits for
   * nothing but the database: after 10 s without a statement the server ends the transaction.
   *
   * DatabaseUnavailableError from a COMMIT whose connection was lost means that nobody knows whether it was done.
   * @throws what `work` throws; DatabaseUnavailableError; Error if a statement failed and `work` resolved all the same
   */
  transaction<T>(
    work: (tx: Queries) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Closes all connections; those in use when they are released, but within 2 s. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  /** Milliseconds that each statement may take; 0 for no limit. @default 5000 */
  statementTimeout?: number;
}

/** Milliseconds, as all times here are. */
const times = {
  /** Until there is a connection, new or free again. What waits longer is better told so: clients wait too. */
  connect: 3_000,
  /** That an answer may be later than the server's own limit, before the connection counts as lost. */
  answer: 2_000,
  /** That a connection is free until it is closed. */
  idle: 30_000,
  /** That a connection lives: after a failover behind one name, all have moved to the new server by then. */
  life: 300_000,
  /** That a connection is silent until TCP asks whether the other side is there (then ten times, each second). */
  silence: 10_000,
  /** A connection that was free for longer is first asked whether it still answers. HikariCP's number, too. */
  trust: 500,
  /** Until what is still in use is cut when the database is closed. */
  close: 2_000,
};

/**
 * Opens a pool of connections. It never connects by itself: the first statement does.
 * @param options.name what the server calls these connections (application_name)
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
    connectionTimeoutMillis: times.connect,
    idleTimeoutMillis: times.idle,
    maxLifetimeSeconds: times.life / 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: times.silence,
    types: { getTypeParser },
  });
}

class Pool implements Database {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<pg.PoolClient, Connection>();
  readonly #inUse = new Set<Connection>();
  /** When a connection was last found lost. Those that were free by then go with it: what ends one mostly ends all. */
  #doubt = 0;
  #warned = false;
  #closing: Promise<void> | undefined;

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool(config);
    this.#pool.on("connect", (client) => {
      this.#connections.set(client, new Connection(client));
    });
    // Of connections that are free; the pool has let go of it.
    this.#pool.on("error", (error) => {
      const reason = reasonOf(error); // the error itself has the whole client
      logger.warn({ reason }, "a connection to the database was lost");
    });
  }

  async query<Row>(text: string, values: readonly unknown[] = []) {
    const connection = await this.#answering(() => "SELECT", times.trust);
    if (!connection.hasTimeouts) {
      this.#release(connection);
      return this.transaction((tx) => tx.query<Row>(text, values));
    }
    try {
      const bound = timeouts.statement_timeout + times.answer;
      return (await connection.run(text, values, bound)).rows as Row[];
    } finally {
      this.#release(connection);
    }
  }

  async transaction<T>(
    work: (tx: Queries) => Promise<T>,
    { statementTimeout = timeouts.statement_timeout }: TransactionOptions = {},
  ): Promise<T> {
    const bound = statementTimeout && statementTimeout + times.answer;
    const connection = await this.#answering(
      ({ hasTimeouts }) => begin(statementTimeout, hasTimeouts),
      0,
    );
    const run = inOrder((text: string, values: readonly unknown[] = []) =>
      connection.run(text, values, bound),
    );
    let open = true;
    const tx: Queries = {
      async query<Row>(text: string, values?: readonly unknown[]) {
        if (!open)
          throw new Error("This transaction has ended: await its statements.");
        return (await run(text, values)).rows as Row[];
      },
    };
    try {
      const result = await work(tx);
      open = false;
      // PostgreSQL answers so, and with no error, where a statement has failed before.
      if ((await run("COMMIT")).command === "ROLLBACK")
        throw new Error(
          "A statement of the transaction failed and the work went on, so nothing was committed.",
        );
      return result;
    } catch (error) {
      open = false;
      // What can't be rolled back is lost, and the server rolls it back. The first error is the one that tells.
      if (!connection.lost) await run("ROLLBACK").catch(() => connection.cut());
      throw error;
    } finally {
      this.#release(connection);
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, times.close);
      });
      await Promise.race([this.#pool.end(), late]);
      clearTimeout(timer);
      for (const connection of this.#inUse) connection.cut();
    })();
    return this.#closing;
  }

  /**
   * A connection that answered a statement. One that died while it was free is let go, and another taken: `statement` may run
   * twice, which no other may.
   * @param trust milliseconds that a connection may have been free and need not be asked
   */
  async #answering(
    statement: (connection: Connection) => string,
    trust: number,
  ): Promise<Connection> {
    for (;;) {
      const connection = await this.#take();
      const { freeSince } = connection; // undefined: it is new
      try {
        const free = performance.now() - (freeSince ?? performance.now());
        // A pooler may make the statement wait for a connection to the server.
        const bound = connection.isPooled ? times.connect : times.answer;
        if (trust === 0 || free > trust)
          await connection.run(statement(connection), [], bound);
        return connection;
      } catch (error) {
        this.#release(connection);
        if (!connection.lost || freeSince === undefined) throw error;
      }
    }
  }

  /** A connection, of which no statement is the fault: without one, the database is away, whatever the reason is. */
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
    if ((connection.freeSince ?? Infinity) < this.#doubt) {
      connection.cut();
      return this.#take();
    }
    this.#inUse.add(connection);
    if (connection.freeSince === undefined) await this.#inspect(connection);
    return connection;
  }

  async #inspect(connection: Connection): Promise<void> {
    try {
      await connection.inspect(times.connect);
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

/** A function that begins a call when the one before it has ended, as statements on one connection must. */
function inOrder<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
) {
  let last: Promise<unknown> = Promise.resolve();
  return (...args: Args): Promise<Result> => {
    const result = last.then(() => call(...args));
    last = result.catch(() => {});
    return result;
  };
}
