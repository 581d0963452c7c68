export interface LoopOptions {
  /** Average pause between two rounds. */
  intervalMs: number;
  /** Runs the first round at once rather than after a pause. @default false */
  immediate?: boolean;
  /** Does one round of work. @returns whether there may be more, so that the next round runs without a pause */
  run(): Promise<boolean>;
  /** Receives what `run` throws. The loop continues after a pause. */
  onError(error: unknown): void;
}

export interface Loop {
  /** Ends the current pause, or skips the next one. */
  wake(): void;
  /** Resolves when the current round has ended. */
  stop(): Promise<void>;
}

/** Runs a worker's rounds one after another until it is stopped. */
export function startLoop(options: LoopOptions): Loop {
  const { intervalMs, immediate = false, run, onError } = options;
  const alarm = createAlarm();
  let stopped = false;

  // Jitter of ±25 % keeps replicas that started together from polling the database at the same moment.
  const pause = () => alarm.wait(intervalMs * (0.75 + Math.random() / 2));

  async function loop(): Promise<void> {
    if (!immediate) await pause();
    while (!stopped) {
      let more = false;
      try {
        more = await run();
      } catch (error) {
        onError(error);
      }
      if (!more && !stopped) await pause();
    }
  }

  const running = loop();
  return {
    wake: alarm.ring,
    stop() {
      stopped = true;
      alarm.ring();
      return running;
    },
  };
}

/** A timer that can be ended early. Ringing it while nothing waits skips the next wait. */
function createAlarm() {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(ms: number): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      rung = false;
    },
  };
}
