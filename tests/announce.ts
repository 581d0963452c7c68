import { cache } from "../local/environment.ts";
import { say } from "../local/progress.ts";
import { actionlint } from "./support/actionlint/actionlint.ts";
import { chromium } from "./support/chromium/chromium.ts";
import { jq } from "./support/jq.ts";
import { checkers } from "./support/manifests/checkers.ts";
import { nginx } from "./support/nginx.ts";
import { pgBouncer } from "./support/pgbouncer.ts";
import { pythonTools } from "./support/python/index.ts";
import { stripeMock } from "./support/stripe-mock/stripe-mock.ts";
import { versitygw } from "./support/versitygw/versitygw.ts";

/** Prints what the tests will install or build on this machine, and why. */
export function announce(): void {
  const missing = [
    chromium,
    pythonTools,
    jq,
    nginx,
    pgBouncer,
    versitygw,
    stripeMock,
    checkers,
    actionlint,
  ].filter(({ isReady }) => !isReady());
  if (missing.length > 0) {
    say("The tests need these programs, and get each when they first use it:");
    for (const { name, source, reason } of missing)
      say(`  ${name}: ${source}, ${reason}`);
    say(`The cache is ${cache}.`);
  }
  say(
    "The end-to-end tests start a local cluster of their own, marquee-1, as `npm run up` would, and remove it at the end.",
  );
}
