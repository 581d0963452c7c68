import { mock } from "node:test";

export interface TestClock {
  advance(ms: number): void;
}

/**
 * Moves performance.now() and Date.now() ahead in the calling suite, so that tests of expiry neither wait nor depend on
 * the machine's speed. Timers and `new Date()` follow the real time.
 */
export function useClock(): TestClock {
  let aheadMs = 0;
  const now = {
    monotonic: performance.now.bind(performance),
    wall: Date.now,
  };
  let mocks: { mock: { restore(): void } }[] = [];
  beforeEach(() => {
    aheadMs = 0;
    mocks = [
      mock.method(performance, "now", () => now.monotonic() + aheadMs),
      mock.method(Date, "now", () => now.wall() + aheadMs),
    ];
  });
  afterEach(() => {
    for (const { mock } of mocks) mock.restore();
  });
  return {
    advance(ms) {
      aheadMs += ms;
    },
  };
}
