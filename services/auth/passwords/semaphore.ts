/** The queue is full or the wait was too long. The client may retry. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
  /** Seconds to wait before a retry. */
  readonly retryAfterSeconds: number;

  constructor(retryAfter: number) {
    super(
      `The service is overloaded. Try again in ${retryAfter === 1 ? "a second" : `${retryAfter} seconds`}.`,
    );
    this.retryAfterSeconds = retryAfter;
  }
}

export interface SemaphoreOptions {
  /** Maximum number of tasks that run at the same time. */
  concurrency: number;
  /** Maximum number of tasks that wait. Further tasks are rejected. */
  maxQueue: number;
  /** Maximum time a task waits. */
  maxWaitMs: number;
}

/** A first-in-first-out semaphore.
 * @returns a function that runs a task as soon as a permit is free. It throws OverloadedError if the queue is full or
 * the wait too long
 */
export function createSemaphore({
  concurrency,
  maxQueue,
  maxWaitMs,
}: SemaphoreOptions) {
  const retryAfter = Math.max(1, Math.ceil(maxWaitMs / 1000));
  /** Resolvers of waiting tasks, oldest first. */
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

  /** Passes the permit to the oldest waiting task, so that new tasks can't overtake it. */
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
