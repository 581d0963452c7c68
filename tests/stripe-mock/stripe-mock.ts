import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { contentKey } from "../../local/content-key.ts";
import { cache } from "../../local/host.ts";
import { step } from "../../local/progress.ts";
import { goBuild } from "../../local/toolchain/go.ts";

const modules = join(import.meta.dirname, "go");

/** Stripe's own mock: it knows each request's parameters and each answer's shape, and keeps nothing. Its version is in go/go.mod. */
const source = "github.com/stripe/stripe-mock";

/** Builds it, unless the cache has it; returns where it is. */
export async function ensureStripeMock(): Promise<string> {
  const folder = join(
    cache,
    "stripe-mock",
    contentKey([modules, import.meta.filename]),
  );
  const program = join(folder, "stripe-mock");
  if (!existsSync(program))
    await step("stripe-mock from Go modules", () => build(folder));
  return program;
}

/** Built beside its place and moved there whole: a build that is killed, or runs twice at once, leaves nothing half-done. */
async function build(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    await goBuild([source], `${work}/`, { cwd: modules });
    renameSync(join(work, "stripe-mock"), join(folder, "stripe-mock"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

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
