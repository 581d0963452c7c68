import { join } from "node:path";
import { removeImages } from "../local/docker/images.ts";
import { clone, edit, host, ok } from "../tests/support/e2e/environment.ts";
import { median, writeReport } from "./report.ts";

// Compares Marquee with a deployment by hand (by-hand.sh): the two take turns in one run on the same cluster, and the
// medians are compared. Works in a copy of the project, with the local environment of the e2e tests.

const byHand = `bench/by-hand.sh ${host}:5001 ${host}:5001/node:24`;
const shell = 'eval "$(npm run -s env)" && ';
const inNode = (code: string) => `node_modules/.bin/node -e '${code}'`;
const startCluster = inNode(
  'import("./local/cluster/index.ts").then(({ ensureCluster }) => ensureCluster())',
);
const startEngine = inNode(
  'import("./local/docker/daemon.ts").then(({ ensureDockerEngine }) => ensureDockerEngine())',
);
const pushBase = inNode(
  'Promise.all([import("./local/images/service-base/image.ts"), import("./local/images/postgres/image.ts")]).then(([{ pushBaseImage }, { pushPostgresImage }]) => pushBaseImage().then(pushPostgresImage))',
);

/** Runs a command line. @returns its duration in seconds */
async function time(command: string): Promise<number> {
  const begin = performance.now();
  await ok(command);
  return (performance.now() - begin) / 1000;
}

/** Like `time`, but without a cluster before, and removes the cluster afterwards. */
async function timeFromNothing(command: string): Promise<number> {
  await ok(startEngine);
  const seconds = await time(command);
  await ok("npm run -s down");
  return seconds;
}

/** Runs the measurements in turns, `rounds` times. @returns the median of each */
async function takeTurns(
  rounds: number,
  measurements: ((round: number) => Promise<number>)[],
): Promise<number[]> {
  const seconds: number[][] = measurements.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, measure] of measurements.entries())
      seconds[index]?.push(await measure(round));
  return seconds.map(median);
}

const rows: string[] = [];
function report(what: string, ours: number, hand?: number): void {
  const row = `| ${what} | ${ours.toFixed(1)} s | ${hand === undefined ? "– | –" : `${hand.toFixed(1)} s | ${(ours / hand).toFixed(2)}`} |`;
  rows.push(row);
  console.error(row);
}

await ok("npm run -s up && npm run -s down"); // fills the caches

const [start, firstUp, firstByHand] = (await takeTurns(3, [
  () => timeFromNothing(startCluster),
  () => timeFromNothing("npm run -s up"),
  () => timeFromNothing(`${startCluster} && ${pushBase} && ${shell}${byHand}`),
])) as [number, number, number];
report("local cluster: from nothing to a Ready node", start);
report(
  "first `up`, toolchain and images cached, no cluster",
  firstUp,
  firstByHand,
);

await ok(`npm run -s up && ${shell}${byHand}`);
const preview = `${shell}pulumi preview`;
const overhead = await time(`${shell}true`);
const [noop, noopBlind, noopByHand] = (await takeTurns(7, [
  () => time(preview),
  () => time(`${preview} --refresh=false`),
  () => time(`${shell}${byHand}`),
])) as [number, number, number];
report(
  "nothing changed: `pulumi preview`, which detects drift",
  noop - overhead,
  noopByHand - overhead,
);
report(
  "nothing changed: `pulumi preview --refresh=false`",
  noopBlind - overhead,
  noopByHand - overhead,
);

const source = join(clone(), "services/payment/routes/pay.ts");
const change = (to: string) =>
  edit(source, /"Payment successful.*?"/, `"Payment successful${to}"`);
const [up, upBlind, changeByHand] = (await takeTurns(5, [
  (round) => {
    change(` ${round}a`);
    return time(`${shell}pulumi up --yes`);
  },
  (round) => {
    change(` ${round}b`);
    return time(`${shell}pulumi up --yes --skip-preview`);
  },
  (round) => {
    change(` ${round}c`);
    return time(`${shell}${byHand}`);
  },
])) as [number, number, number];
report(
  "one line of one service: `pulumi up --yes` until the new pods serve",
  up - overhead,
  changeByHand - overhead,
);
report(
  "the same with `--skip-preview`",
  upBlind - overhead,
  changeByHand - overhead,
);
await ok("npm run -s down");
await removeImages([`${host}:5001/by-hand-*`]);

writeReport(
  "results.md",
  "; medians of turns in one run",
  `
| what | Marquee | by hand | ratio |
|---|---|---|---|
${rows.join("\n")}
`,
);
process.exit(0);
