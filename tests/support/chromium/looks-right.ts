import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "puppeteer-core";
import { shoot, sizes } from "./chromium.ts";

const axe = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

/**
 * Asserts that a page fits phone and desktop, and that axe finds no serious barrier; takes screenshots of both sizes.
 */
export async function looksRight(page: Page, name: string): Promise<void> {
  const before = page.viewport();
  // Changing the kind of device would reload the page.
  const { isMobile = false, hasTouch = false } = before ?? {};
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewport({ ...viewport, isMobile, hasTouch });
    await shoot(page, `${name}-${size}`);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    assert.ok(wider <= 0, `${name} is ${wider} px wider than a ${size}`);
    await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
    const serious = violations.filter(({ impact }) =>
      ["serious", "critical"].includes(impact ?? ""),
    );
    assert.deepEqual(
      serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
      `${name} on a ${size}`,
    );
  }
  if (before) await page.setViewport(before);
}
