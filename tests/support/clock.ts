import { mock } from "node:test";

export interface TestClock {
  advance(ms: number): void;
  /** Stops the clock for the rest of the test: from then on, only `advance` moves it. */
  stop(): void;
}

/**
 * Controls performance.now() and Date.now() in the calling suite, so that tests of expiry neither wait nor depend on
 * the machine's speed. Timers and `new Date()` follow the real time.
 */
export function useClock(): TestClock {
  const monotonic = performance.now.bind(performance);
  const wall = Date.now;
  let aheadMs = 0;
  let stoppedAt: { monotonic: number; wall: number } | undefined;
  let mocks: { mock: { restore(): void } }[] = [];
  beforeEach(() => {
    aheadMs = 0;
    stoppedAt = undefined;
    mocks = [
      mock.method(
        performance,
        "now",
        () => (stoppedAt?.monotonic ?? monotonic()) + aheadMs,
      ),
      mock.method(Date, "now", () => (stoppedAt?.wall ?? wall()) + aheadMs),
    ];
  });
  afterEach(() => {
    for (const { mock } of mocks) mock.restore();
  });
  return {
    advance(ms) {
      aheadMs += ms;
    },
    stop() {
      stoppedAt ??= { monotonic: monotonic(), wall: wall() };
    },
  };
}
