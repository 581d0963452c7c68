/** There is more to do than this process can; the client may try again. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds: number;

  constructor(retryAfter: number) {
    super(
      `Too much is being done at the moment. Try again in ${retryAfter === 1 ? "a second" : `${retryAfter} seconds`}.`,
    );
    this.retryAfterSeconds = retryAfter;
  }
}

export interface SemaphoreOptions {
  /** How many run at once. */
  concurrency: number;
  /** How many wait at most; one more is refused. */
  maxQueue: number;
  /** Milliseconds that one waits at most. */
  maxWaitMs: number;
}

/**
 * Runs work in the order it came, a few at once.
 * @returns what runs a piece of work when it is its turn; it throws OverloadedError if that does not come
 */
export function createSemaphore({
  concurrency,
  maxQueue,
  maxWaitMs,
}: SemaphoreOptions) {
  const retryAfter = Math.max(1, Math.ceil(maxWaitMs / 1000));
  /** What lets those who wait begin, the first first. */
  const queue = new Set<() => void>();
  let running = 0;

  function acquire(): Promise<void> {
    if (running < concurrency) {
      running++;
      return Promise.resolve();
    }
    if (queue.size >= maxQueue)
      return Promise.reject(new OverloadedError(retryAfter));
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.delete(go);
        reject(new OverloadedError(retryAfter));
      }, maxWaitMs);
      queue.add(go);
    });
  }

  /** Gives the place to who waits longest: nobody who comes now gets it first. */
  function release(): void {
    const [next] = queue;
    if (next === undefined) running--;
    else {
      queue.delete(next);
      next();
    }
  }

  return async <T>(work: () => Promise<T>): Promise<T> => {
    await acquire();
    try {
      return await work();
    } finally {
      release();
    }
  };
}
