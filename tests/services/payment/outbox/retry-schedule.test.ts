import assert from "node:assert/strict";
import {
  nextDelayMs,
  parseRetryAfterMs,
  retryDelaysMs,
} from "../../../../services/payment/outbox/retry-schedule.ts";

describe("Webhook retry schedule", () => {
  it("gives up after eleven attempts in about three days", () => {
    const hours = retryDelaysMs.reduce((sum, ms) => sum + ms, 0) / 3_600_000;
    assert.equal(retryDelaysMs.length, 10);
    assert.ok(hours > 60 && hours < 80, `${hours}`);
    assert.deepEqual(
      retryDelaysMs,
      retryDelaysMs.toSorted((a, b) => a - b),
    );
    assert.equal(nextDelayMs(retryDelaysMs, 11), undefined);
  });

  it("adds random jitter of at most a fifth to each delay", () => {
    const all = Array.from({ length: 200 }, () => nextDelayMs([1_000], 1) ?? 0);
    assert.ok(Math.min(...all) >= 800 && Math.max(...all) <= 1_200);
    assert.ok(new Set(all).size > 190);
  });

  it("waits for as long as Retry-After asks, but no less than scheduled", () => {
    assert.equal(nextDelayMs([1_000], 1, 5_000), 5_000);
    assert.ok((nextDelayMs([1_000], 1, 10) ?? 0) >= 800);
  });

  it("parses Retry-After as seconds or a date, and ignores other values", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const cases: [string | undefined, number][] = [
      ["7", 7_000],
      ["0", 0],
      ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
      ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
      ["soon", 0],
      ["", 0],
      ["-5", 0],
      [undefined, 0],
    ];
    for (const [header, ms] of cases)
      assert.equal(parseRetryAfterMs(header, now), ms, header);
  });
});
