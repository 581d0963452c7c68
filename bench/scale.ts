import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { processes } from "../local/host/processes.ts";
import {
  begin,
  clone,
  ensureUp,
  host,
  json,
  ok,
  until,
} from "../tests/support/e2e/environment.ts";
import { median, writeReport } from "./report.ts";

// Measures how Marquee scales: Pulumi's time and memory with 3 to 100 services, and the time that a rollout takes with
// 3 to 100 pods. Works in a copy of the project, with the local environment of the e2e tests. The services are copies
// of auth without pods, which would take most of the time.

/** The numbers of services, from the command line, such as 3,10. */
const sizes = (process.argv[2] ?? "3,10,30,100").split(",").map(Number);
const rounds = 3;

/** Makes Pulumi save its state once, at the end. Its file backend otherwise writes the whole state at each step. */
const once = "PULUMI_SKIP_CHECKPOINTS=true";

interface Run {
  seconds: number;
  /** The peak of the anonymous memory of pulumi and its plugins together, in MiB, sampled twice a second. */
  mebibytes: number;
}

/** The anonymous memory of a process and its descendants, in KiB. */
function memoryOf(root: number): number {
  const all = processes();
  const family = new Set([root]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  let sum = 0;
  for (const pid of family)
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      sum += Number(status.match(/^RssAnon:\s+(\d+)/m)?.[1] ?? 0);
    } catch {} // the process has ended in the meantime
  return sum;
}

async function measure(command: string): Promise<Run> {
  const start = performance.now();
  const child = begin(command, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, memoryOf(child.pid as number));
  }, 500);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
  return {
    seconds: (performance.now() - start) / 1000,
    mebibytes: peak / 1024,
  };
}

async function medianOf(command: string): Promise<Run> {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++)
    runs.push(await measure(command));
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    mebibytes: median(runs.map(({ mebibytes }) => mebibytes)),
  };
}

/**
 * The source of a system.ts with these services, each of which calls the one before it. None has a database. It needs
 * no types, because Pulumi doesn't check them.
 */
function systemOf(names: string[]): string {
  const services = names.map((name, number) => [
    name,
    {
      port: 8081,
      calls: names.slice(Math.max(0, number - 1), number),
      env: {},
      generatedSecrets: [],
    },
  ]);
  return `
export const serviceNames = ${JSON.stringify(names)};
export const servicesWithDatabase = [];
export const defineSystem = () => (${JSON.stringify(Object.fromEntries(services))});
`;
}

await ensureUp();
const { auth: image } = await json("pulumi stack output images --json");
const rows: string[] = [];

for (const size of sizes) {
  const names = Array.from({ length: size }, (_, number) => `svc${number}`);
  writeFileSync(join(clone(), "system.ts"), systemOf(names));
  writeFileSync(
    join(clone(), "Pulumi.scale.yaml"),
    stringify({
      config: {
        "marquee:context": "marquee-local",
        "marquee:retainData": false,
        "marquee:services": Object.fromEntries(
          names.map((name) => [name, { image, replicas: 0 }]),
        ),
      },
    }),
  );
  await ok("pulumi stack select --create scale");
  const up = await measure("pulumi up --yes --skip-preview");
  const preview = await medianOf("pulumi preview");
  const blind = await medianOf("pulumi preview --refresh=false");
  const { deployment } = await json("pulumi stack export");
  await ok(`${once} pulumi destroy --yes`);
  const upOnce = await measure(`${once} pulumi up --yes --skip-preview`);
  await ok(`${once} pulumi destroy --yes && pulumi stack rm --yes`);
  const mebibytes = Math.max(up.mebibytes, preview.mebibytes);
  const row = `| ${size} | ${deployment.resources.length} | ${up.seconds.toFixed(1)} s | ${upOnce.seconds.toFixed(1)} s | ${preview.seconds.toFixed(1)} s | ${blind.seconds.toFixed(1)} s | ${mebibytes.toFixed(0)} MiB |`;
  console.error(row);
  rows.push(row);
}

await ok("git checkout --quiet . && pulumi stack select dev");
const pods: string[] = [];
await ok(
  // A hundred pods have to fit on a node with two cores.
  "pulumi config set --path 'marquee:services.auth.resources.requests.cpu' 5m && pulumi config set --path marquee:database.maxConnections 1100 && pulumi config set --path 'marquee:services.auth.replicas' 3 && pulumi up --yes",
);
for (const replicas of [10, 30, 100]) {
  await ok(
    `pulumi config set --path 'marquee:services.auth.replicas' ${replicas}`,
  );
  const { seconds } = await measure("pulumi up --yes --skip-preview");
  const { status } = await json(
    "kubectl get deployment auth-deployment -o json",
  );
  const row = `| ${replicas} | ${status.readyReplicas} | ${seconds.toFixed(1)} s |`;
  console.error(row);
  pods.push(row);
  await ok(
    "pulumi config set --path 'marquee:services.auth.replicas' 3 && pulumi up --yes",
  );
  await until(async () => {
    const left = await ok("kubectl get pods -l app=auth-service -o name");
    assert.equal(left.split("\n").length, 3);
  }, 120);
}
await ok("git checkout --quiet . && npm run -s down");

writeReport(
  "scale.md",
  `, cluster on the same machine (${host})`,
  `
| services | resources | first \`up\` | the same, state saved once | \`preview\` | \`preview --refresh=false\` | memory |
|---|---|---|---|---|---|---|
${rows.join("\n")}

| replicas of auth, from 3 | ready | \`up\` until all are ready |
|---|---|---|
${pods.join("\n")}
`,
);
process.exit(0);
