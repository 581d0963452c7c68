import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds. Less than mocha's timeout, so that the failure names the condition. */
const limitMs = 50_000;

/**
 * Waits until the condition holds.
 * @param expected what the test waits for, for the failure's message
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  expected: () => string | Promise<string> = () => `${condition}`,
): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  while (!(await condition())) {
    if (limit.aborted)
      assert.fail(`Waited ${limitMs / 1000} s for ${await expected()}`);
    await delay(10);
  }
}
