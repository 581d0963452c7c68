import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { goTool } from "../go-programs.ts";

/** Stripe's mock server, which knows the parameters and the response of each request. Its version is in go/go.mod. */
export const stripeMock = goTool(
  ["github.com/stripe/stripe-mock"],
  join(import.meta.dirname, "go"),
  "to check requests against Stripe's API description",
);

/**
 * Runs stripe-mock for a suite, on a loopback port of its own. It keeps nothing.
 * @returns a function that returns its URL, once the suite runs
 */
export function useStripeMock(): () => string {
  let url = "";
  let running: ChildProcess | undefined;
  before(async function () {
    this.timeout(300_000); // stripe-mock may have to be built
    const [program = ""] = await stripeMock.ensure();
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

/** Reads the address from stripe-mock's output. */
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
