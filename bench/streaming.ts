import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../tests/support/free-port.ts";
import { startNginx } from "../tests/support/nginx.ts";
import { median, writeReport } from "./report.ts";
import { cpu, memory, open, type Server } from "./streaming-client.ts";

// Compares the delivery of a large file by the streaming service with nginx and sendfile, which never copies the bytes
// to user space: the whole file, ranges as players request them, and many viewers. The servers take turns on one core;
// the client has the other.

const rounds = 5;
const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const size = gibibyte;
const viewers = { count: 500, bitsPerSecond: 4e6, seconds: 15 };
const core = { server: "0", client: "1" };

const folder = mkdtempSync(join(tmpdir(), "marquee-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const files = join(folder, "files");
mkdirSync(files);
{
  const file = openSync(join(files, "large.mp4"), "w");
  const block = Buffer.alloc(mebibyte, "a film that is always the same ");
  for (let at = 0; at < size; at += block.length) writeSync(file, block);
  closeSync(file);
}

/**
 * Heap limit in MiB that Node.js 24 chooses in a container of 256 MiB, such as a pod. It determines the garbage
 * collections.
 */
const heap = 259;

/** The delivery route alone, with the middleware of every service. It logs to a file. */
async function startOurs(): Promise<Server> {
  const child = spawn(
    "taskset",
    [
      ...["-c", core.server, process.execPath, `--max-heap-size=${heap}`],
      "tests/support/programs/file-response.ts",
      JSON.stringify({ root: files }),
    ],
    {
      cwd: join(import.meta.dirname, ".."),
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  process.once("exit", () => child.kill());
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const path = "/files/large.mp4";
  await fetch(`http://127.0.0.1:${port}${path}`, { method: "HEAD" }); // compute the file's hash now
  return { name: "streaming", pid: child.pid as number, port, path };
}

async function startTheirs(): Promise<Server> {
  const port = await freePort();
  const prefix = ["taskset", "-c", core.server];
  const { child, stop } = await startNginx(folder, { files, port, prefix });
  process.once("exit", stop);
  return { name: "nginx", pid: child.pid as number, port, path: "/large.mp4" };
}

/** Measures `work`, which downloads `bytes`. @returns MB/s, and CPU seconds per GB */
async function measured(
  server: Server,
  bytes: number,
  work: () => Promise<void>,
) {
  const [from, before] = [performance.now(), cpu(server.pid)];
  await work();
  return {
    perSecond: bytes / 1e3 / (performance.now() - from),
    cpu: (cpu(server.pid) - before) / (bytes / 1e9),
  };
}

interface Figures {
  perSecond: number;
  cpu: number;
}

async function whole(server: Server): Promise<Figures> {
  const connection = open(server);
  const figures = await measured(server, 2 * size, async () => {
    for (let i = 0; i < 2; i++) await connection.get(0, size - 1);
  });
  connection.close();
  return figures;
}

async function inRanges(
  server: Server,
): Promise<Figures & { first: number[] }> {
  const connection = open(server);
  const first: number[] = [];
  const figures = await measured(server, size, async () => {
    for (let at = 0; at < size; at += mebibyte)
      first.push((await connection.get(at, at + mebibyte - 1))[0]);
  });
  connection.close();
  return { ...figures, first };
}

/** Each viewer requests 1 MiB at a constant interval, like a player with a full buffer. */
async function audience(server: Server) {
  const intervalMs = (mebibyte * 8 * 1000) / viewers.bitsPerSecond;
  const took: number[] = [];
  const before = cpu(server.pid);
  const from = performance.now();
  await Promise.all(
    Array.from({ length: viewers.count }, async (_, i) => {
      const connection = open(server);
      const begin = from + (i / viewers.count) * intervalMs;
      for (
        let n = 0;
        begin + n * intervalMs < from + viewers.seconds * 1000;
        n++
      ) {
        const due = begin + n * intervalMs;
        await sleep(Math.max(0, due - performance.now()));
        const at = ((i * 7 + n) % 1024) * mebibyte;
        await connection.get(at, at + mebibyte - 1);
        took.push(performance.now() - due);
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - from) / 1000;
  return {
    late: took.filter((ms) => ms > intervalMs).length / took.length,
    p99: at(took, 0.99),
    cpu: (cpu(server.pid) - before) / seconds,
    memory: memory(server.pid),
    perSecond: (took.length * mebibyte) / 1e6 / seconds,
  };
}

const at = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] as number;

execFileSync("taskset", ["-a", "-cp", core.client, `${process.pid}`]);
const servers = [await startOurs(), await startTheirs()];
const all = servers.map(() => ({
  whole: [] as Figures[],
  ranges: [] as (Figures & { first: number[] })[],
}));
for (const server of servers) await inRanges(server); // warm up V8's compilers
for (let round = 0; round < rounds; round++)
  for (const [i, server] of servers.entries()) {
    all[i]?.whole.push(await whole(server));
    all[i]?.ranges.push(await inRanges(server));
  }
const audiences: Awaited<ReturnType<typeof audience>>[] = [];
for (const server of servers) audiences.push(await audience(server));

const mid = (figures: Figures[], key: keyof Figures) =>
  median(figures.map((figure) => figure[key]));
const row = (what: string, values: number[], digits: number) => {
  const [ours, theirs] = values as [number, number];
  return `| ${what} | ${ours.toFixed(digits)} | ${theirs.toFixed(digits)} | ${(ours / theirs).toPrecision(2)} |`;
};
const first = (share: number) =>
  all.map(({ ranges }) =>
    at(
      ranges.flatMap(({ first }) => first),
      share,
    ),
  );
const rows = [
  row(
    "whole, MB/s",
    all.map(({ whole }) => mid(whole, "perSecond")),
    0,
  ),
  row(
    "whole, CPU seconds per GB",
    all.map(({ whole }) => mid(whole, "cpu")),
    3,
  ),
  row(
    "ranges of 1 MiB, MB/s",
    all.map(({ ranges }) => mid(ranges, "perSecond")),
    0,
  ),
  row(
    "ranges, CPU seconds per GB",
    all.map(({ ranges }) => mid(ranges, "cpu")),
    3,
  ),
  row("first byte of a range, median, ms", first(0.5), 2),
  row("first byte of a range, p99, ms", first(0.99), 2),
];
const crowd = [
  row(
    "MB/s",
    audiences.map(({ perSecond }) => perSecond),
    0,
  ),
  row(
    "whole MiB, p99, ms",
    audiences.map(({ p99 }) => p99),
    0,
  ),
  row(
    "share of a core",
    audiences.map(({ cpu }) => cpu),
    2,
  ),
  row(
    "memory, MiB",
    audiences.map(({ memory }) => memory),
    0,
  ),
];
const late = servers.map(
  ({ name }, i) =>
    `${((audiences[i]?.late ?? 1) * 100).toFixed(1)} % with ${name}`,
);
const head = "| what | streaming | nginx | ratio |\n|---|---|---|---|";
writeReport(
  "streaming.md",
  `; a file of 1 GiB in the page cache, over loopback; the server has one core, the client the other; medians of ${rounds} turns`,
  `
One client, against nginx with sendfile:

${head}
${rows.join("\n")}

${viewers.count} viewers at ${viewers.bitsPerSecond / 1e6} Mbit/s each, for ${viewers.seconds} s, one process. Parts that came after the next was due: ${late.join(", ")}.

${head}
${crowd.join("\n")}
`,
);
process.exit(0);
