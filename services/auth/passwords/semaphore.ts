/** There is more to do than this process can; the client may try again. */
export class Busy extends Error {
  override readonly name = "Busy";
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super(
      `Too much is being done at the moment. Try again in ${retryAfter === 1 ? "a second" : `${retryAfter} seconds`}.`,
    );
    this.retryAfter = retryAfter;
  }
}

export interface TurnOptions {
  /** How many run at once. */
  atOnce: number;
  /** How many wait at most; one more is refused. */
  waiting: number;
  /** Milliseconds that one waits at most. */
  patience: number;
}

/**
 * Runs work in the order it came, a few at once.
 * @returns what runs a piece of work when it is its turn; it throws Busy if that does not come
 */
export function createTurns({ atOnce, waiting, patience }: TurnOptions) {
  const retryAfter = Math.max(1, Math.ceil(patience / 1000));
  /** What lets those who wait begin, the first first. */
  const queue = new Set<() => void>();
  let running = 0;

  function begin(): Promise<void> {
    if (running < atOnce) {
      running++;
      return Promise.resolve();
    }
    if (queue.size >= waiting) return Promise.reject(new Busy(retryAfter));
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.delete(go);
        reject(new Busy(retryAfter));
      }, patience);
      queue.add(go);
    });
  }

  /** Gives the place to who waits longest: nobody who comes now gets it first. */
  function end(): void {
    const [next] = queue;
    if (next === undefined) running--;
    else {
      queue.delete(next);
      next();
    }
  }

  return async <T>(work: () => Promise<T>): Promise<T> => {
    await begin();
    try {
      return await work();
    } finally {
      end();
    }
  };
}
