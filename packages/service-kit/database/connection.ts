import { createHash } from "node:crypto";
import pg from "pg";
import {
  DatabaseUnavailableError,
  isOverload,
  losesConnection,
} from "./errors.ts";
import { type Timeout, timeouts } from "./timeouts.ts";

/** A connection of the pool's, which knows whether it may be used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  #lost = false;
  #taken = false;
  /** When it was last released, as performance.now() has it; undefined for one that is new. */
  freeSince: number | undefined;
  /** Whether the connection leads to a pooler, which may run each transaction in a different session of the server. */
  isPooled = false;
  /** Whether the role's settings include all timeouts. */
  hasTimeouts = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    // Without a listener the process would end. The statement that is under way, or the next, says that it is lost.
    client.on("error", () => {
      this.#lost = true;
    });
  }

  /** It is of no use any more. */
  get lost(): boolean {
    return this.#lost;
  }

  /** It was taken from the pool. */
  take(): void {
    this.#taken = true;
  }

  /**
   * Sets `isPooled` and `hasTimeouts`. Await it before the first statement.
   * @param bound as for `run`
   */
  async inspect(bound: number): Promise<void> {
    const { rows } = await this.run(inspection, [], bound);
    const [session] = rows as [
      { pid: number; timeouts: Record<Timeout, number> },
    ];
    // A pooler tells its clients a process ID of its own at startup.
    this.isPooled = session.pid !== (this.#client as Started).processID;
    this.hasTimeouts = Object.entries(timeouts).every(([name, longest]) => {
      const ms = session.timeouts[name as Timeout];
      return ms > 0 && ms <= longest; // 0 is no timeout
    });
  }

  /**
   * Runs one statement, or several without parameters.
   * @param bound milliseconds after which the connection counts as lost; 0 for none. The server's own timeout is of no help
   * where the server, or the way to it, is gone without a word: TCP alone would wait a quarter of an hour
   * @throws DatabaseUnavailableError, or PostgreSQL's own error
   */
  async run(
    text: string,
    values: readonly unknown[],
    bound: number,
  ): Promise<pg.QueryResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (bound > 0)
        timer = setTimeout(() => {
          this.#lost = true;
          reject(new Error(`no answer within ${bound} ms`));
        }, bound);
    });
    try {
      const result = this.#client.query(
        values.length > 0
          ? {
              name: this.isPooled ? undefined : nameOf(text),
              text,
              values: [...values],
            }
          : text,
      );
      // An array where `text` is several statements: of them, the last one's result.
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

  /** Gives it back to the pool, which closes it if it is lost. Does nothing the second time. */
  release(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.freeSince = performance.now();
    this.#client.release(this.#lost);
  }

  /** Ends it, whatever it does. */
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

/**
 * Limits the prepared statements, which take memory of the server in each connection. Services have about a hundred.
 */
const mostNames = 500;
const names = new Map<string, string>();

/**
 * Names a prepared statement. The server then parses it once per connection and plans it a few times, which saves
 * half the cost of a short statement. Not all poolers support this in transaction mode (PgBouncer only since 1.21),
 * so statements that go to a pooler have no name. The name is a hash, so that an undetected pooler can't run another
 * client's statement instead.
 * @returns undefined after `mostNames` statements; the server parses those each time
 */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const name = createHash("sha256").update(text).digest("hex").slice(0, 32);
  names.set(text, name);
  return name;
}

/** What PostgreSQL tells of a row ("Failing row contains …") stays with the error, and out of the log: it is people's data. */
function hideRow(error: unknown): void {
  if (error instanceof pg.DatabaseError)
    for (const name of ["detail", "where"] as const)
      Object.defineProperty(error, name, { enumerable: false });
}
