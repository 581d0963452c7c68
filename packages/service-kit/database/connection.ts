import { createHash } from "node:crypto";
import pg from "pg";
import {
  DatabaseUnavailableError,
  isOverload,
  losesConnection,
} from "./errors.ts";
import { type Timeout, timeouts } from "./timeouts.ts";

/** A connection of the pool that knows whether it can be used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  #lost = false;
  #taken = false;
  /** When it was last released, by performance.now(); undefined for a new connection. */
  idleSince: number | undefined;
  /** Connected through a pooler, which may run each transaction in a different server session. */
  isPooled = false;
  /** The role's settings include all timeouts. */
  hasTimeouts = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    // Without a listener the process would exit. The current or next statement reports the loss.
    client.on("error", () => {
      this.#lost = true;
    });
  }

  /** The connection must not be used again. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Call after taking it from the pool. */
  take(): void {
    this.#taken = true;
  }

  /**
   * Sets `isPooled` and `hasTimeouts`. Await it before the first statement.
   * @param timeoutMs as for `run`
   */
  async inspect(timeoutMs: number): Promise<void> {
    const { rows } = await this.run(inspection, [], timeoutMs);
    const [session] = rows as [
      { pid: number; timeouts: Record<Timeout, number> },
    ];
    // At startup a pooler reports a process ID of its own.
    this.isPooled = session.pid !== (this.#client as Started).processID;
    this.hasTimeouts = Object.entries(timeouts).every(([name, longest]) => {
      const ms = session.timeouts[name as Timeout];
      return ms > 0 && ms <= longest; // 0 is no timeout
    });
  }

  /**
   * Runs one statement, or several without parameters.
   * @param timeoutMs after which the connection counts as lost; 0 for none. The server's own timeout does not help if
   * the server or the network fails silently: TCP alone would wait for 15 minutes
   * @throws DatabaseUnavailableError, or PostgreSQL's own error
   */
  async run(
    text: string,
    values: readonly unknown[],
    timeoutMs: number,
  ): Promise<pg.QueryResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (timeoutMs > 0)
        timer = setTimeout(() => {
          this.#lost = true;
          reject(new Error(`no response within ${timeoutMs} ms`));
        }, timeoutMs);
    });
    try {
      const result = this.#client.query(
        values.length > 0
          ? {
              name: this.isPooled ? undefined : statementName(text),
              text,
              values: [...values],
            }
          : text,
      );
      // Several statements return an array: the last one's result counts.
      return [await Promise.race([result, late])]
        .flat()
        .at(-1) as pg.QueryResult;
    } catch (error) {
      hideRow(error);
      if (losesConnection(error)) this.#lost = true;
      throw this.#lost || isOverload(error)
        ? new DatabaseUnavailableError(error)
        : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Returns it to the pool, which closes it if it is lost. Does nothing if it is released already. */
  release(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.idleSince = performance.now();
    this.#client.release(this.#lost);
  }

  /** Closes it, even during a statement. */
  cut(): void {
    this.#lost = true;
    this.#client.connection.stream.destroy();
    this.release();
  }
}

const inspection = `SELECT pg_backend_pid() AS pid, json_object_agg(name, setting::int) AS timeouts
  FROM pg_settings WHERE name IN (${Object.keys(timeouts).map((name) => `'${name}'`)})`;

/** A client after startup; its declaration lacks the server's process ID. */
type Started = pg.PoolClient & { processID: number };

/** Limits the server memory that prepared statements take per connection. Services have about a hundred statements. */
const maxNames = 500;
const names = new Map<string, string>();

/**
 * Names a prepared statement. The server then parses it once per connection and plans it a few times, which saves
 * half the cost of a short statement. Not all poolers support this in transaction mode (PgBouncer only since 1.21),
 * so statements that go to a pooler have no name. The name is a hash, so that an undetected pooler can't run another
 * client's statement instead.
 * @returns undefined after `maxNames` statements; the server parses those each time
 */
function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maxNames) return known;
  const name = createHash("sha256").update(text).digest("hex").slice(0, 32);
  names.set(text, name);
  return name;
}

/** Keeps row values ("Failing row contains …") out of the log: they are personal data. */
function hideRow(error: unknown): void {
  if (error instanceof pg.DatabaseError)
    for (const name of ["detail", "where"] as const)
      Object.defineProperty(error, name, { enumerable: false });
}
