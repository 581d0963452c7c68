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
 * Observes every 100 ms until it is done, however long that takes, as long as there is progress.
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
    const { done, progress } = await observe();
    if (done) return true;
    if (progress !== last) progressedAt = now();
    else if (now() - progressedAt >= limitMs) return false;
    last = progress;
    await sleep(100);
  }
}
