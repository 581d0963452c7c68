import pg from "pg";
import { DatabaseAway, isOverload, losesConnection } from "./errors.ts";

/** A connection of the pool's, which knows whether it may be used again. */
export class Connection {
  readonly #client: pg.PoolClient;
  #lost = false;
  #taken = false;
  /** When it was last released, as performance.now() has it; undefined for one that is new. */
  freeSince: number | undefined;

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
   * Runs one statement, or several without parameters.
   * @param bound milliseconds after which the connection counts as lost; 0 for none. The server's own timeout is of no help
   * where the server, or the way to it, is gone without a word: TCP alone would wait a quarter of an hour
   * @throws DatabaseAway, or PostgreSQL's own error
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
          ? { name: nameOf(text), text, values: [...values] }
          : text,
      );
      // An array where `text` is several statements: of them, the last one's result.
      return [await Promise.race([result, late])]
        .flat()
        .at(-1) as pg.QueryResult;
    } catch (error) {
      hideRow(error);
      if (losesConnection(error)) this.#lost = true;
      throw this.#lost || isOverload(error) ? new DatabaseAway(error) : error;
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

/** Statements that a process names at most: ours are some hundred, and each costs the server memory in every connection. */
const mostNames = 500;
const names = new Map<string, string>();

/**
 * What the server is to know a statement with parameters by. It then parses it once in a connection, and plans it a few times:
 * without, that is half of what a short statement costs. A pooler between has to know of that, as PgBouncer does from 1.21 on
 * (max_prepared_statements).
 * @returns undefined for one too many: that is parsed each time
 */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** What PostgreSQL tells of a row ("Failing row contains …") stays with the error, and out of the log: it is people's data. */
function hideRow(error: unknown): void {
  if (error instanceof pg.DatabaseError)
    for (const name of ["detail", "where"] as const)
      Object.defineProperty(error, name, { enumerable: false });
}
