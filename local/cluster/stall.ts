import { setTimeout as delay } from "node:timers/promises";

export interface Observation {
  done: boolean;
  /** Any text that changes with each step of progress. */
  progress: string;
}

export interface Clock {
  /** Milliseconds since an arbitrary start. */
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
}

/** Monotonic time doesn't count a laptop's sleep. */
const monotonic: Clock = { now: () => performance.now(), sleep: delay };

/**
 * Observes until the work is done, for as long as it progresses. Pauses twice as long as an observation takes, and at
 * least 100 ms, so that observing doesn't slow down the work on a slow machine.
 * @returns whether the work is done; false if it did not progress for `limitMs`
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
