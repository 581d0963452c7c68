import { setTimeout as delay } from "node:timers/promises";

export interface Observation {
  done: boolean;
  /** Differs from the last one's if there was progress. */
  progress: string;
}

export interface Clock {
  /** In milliseconds, from any start. */
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
}

/** Monotonic: a laptop's sleep does not count. */
const monotonic: Clock = { now: () => performance.now(), sleep: delay };

/**
 * Observes until it is done, however long that takes, as long as there is progress. It pauses twice as long as an
 * observation takes, and at least 100 ms: on a slow machine, observing must not take the time that the progress needs.
 * @returns whether it is done; false if there was no progress for `limitMs`
 */
export async function doneBeforeStall(
  observe: () => Promise<Observation>,
  limitMs: number,
  { now, sleep }: Clock = monotonic,
): Promise<boolean> {
  let last: string | undefined;
  let progressedAt = now();
  for (;;) {
    const startedAt = now();
    const { done, progress } = await observe();
    if (done) return true;
    if (progress !== last) progressedAt = now();
    else if (now() - progressedAt >= limitMs) return false;
    last = progress;
    await sleep(Math.max(100, 2 * (now() - startedAt)));
  }
}
