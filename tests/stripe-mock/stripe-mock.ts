import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureGoProgram } from "../go-program.ts";

/**
 * Stripe's own mock: it knows each request's parameters and each answer's shape, and keeps nothing. Its version is in go/go.mod.
 * @returns where it is
 */
const ensureStripeMock = (): Promise<string> =>
  ensureGoProgram(
    "stripe-mock",
    "github.com/stripe/stripe-mock",
    join(import.meta.dirname, "go"),
  );

/**
 * For the suite that calls it: stripe-mock on a loopback port of its own, until the suite ends.
 * @returns what gives its URL, once the suite runs
 */
export function useStripeMock(): () => string {
  let url = "";
  let running: ChildProcess | undefined;
  before(async function () {
    this.timeout(300_000); // it may have to be built
    const program = await ensureStripeMock();
    const child = spawn(program, ["-http-addr", "127.0.0.1:0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    running = child;
    url = await addressOf(child);
  });
  after(() => {
    running?.kill();
  });
  return () => url;
}

/** Where it listens, as it says itself. */
async function addressOf(child: ChildProcess): Promise<string> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`stripe-mock ended with ${code} before it listened.`);
  });
  const listens = (async () => {
    if (!child.stdout) throw new Error("stripe-mock has no standard output.");
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /Listening for HTTP at address: (\S+)/.exec(line)?.[1];
      if (address) return `http://${address}`;
    }
    throw new Error("stripe-mock did not say where it listens.");
  })();
  return Promise.race([listens, ended]);
}
