import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import pg from "pg";
import { eventually } from "../local/eventually.ts";
import { run } from "../local/host/command.ts";
import { buildForHost } from "../local/toolchain/go.ts";
import { createDatabase, startServer } from "../tests/support/postgres.ts";
import { createReplay, recordStatements } from "./payment-statements.ts";
import { median, writeReport } from "./report.ts";

// Compares POST /pay, over HTTP with PostgreSQL that syncs each commit to disk, with the same SQL statements sent by pg
// alone (parsed each time, or prepared), and with the handler of a tutorial in Go, which stores nothing. The sides take
// turns in one run.

const rounds = 5;
const seconds = 4;
const connections = 5; // per pod
const clients = 8;
const issuer = "http://127.0.0.1:18080";
const KEY_ENCRYPTION_KEY = "a key for this benchmark only, not a secret";
const user = randomUUID();

interface Turn {
  perSecond: number;
  p99: number;
}

/**
 * Runs `work` repeatedly in `clients` concurrent loops for some seconds. @returns completions per second, and the p99
 */
async function turn(work: () => Promise<unknown>): Promise<Turn> {
  const times: number[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const from = performance.now();
        await work();
        times.push(performance.now() - from);
      }
    }),
  );
  const all = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / all,
    p99: times[Math.floor(times.length * 0.99)] as number,
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: clients });

/** Sends a POST with node:http: fetch takes several times as long. */
const post = (url: string, headers: Record<string, string>, body: string) =>
  new Promise<void>((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () =>
          response.statusCode === 200
            ? resolve()
            : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
        );
      },
    );
    sent.on("error", reject).end(body);
  });

const body = JSON.stringify({
  user_id: user,
  amount: 999,
  currency: "EUR",
  method: "pm_card_visa",
});

// Auth does not run: the benchmark signs the token with a key that it serves as auth's JWKS.
const { publicKey, privateKey } = await generateKeyPair("ES256");
const jwk = {
  ...(await exportJWK(publicKey)),
  kid: randomBytes(32).toString("base64url"),
  alg: "ES256",
  use: "sig",
};
const { createServer } = await import("node:http");
createServer((_, response) =>
  response
    .setHeader("content-type", "application/json")
    .end(JSON.stringify({ keys: [jwk] })),
)
  .listen(18080, "127.0.0.1")
  .unref();
const token = await new SignJWT({ client_id: "marquee", sid: randomUUID() })
  .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: jwk.kid })
  .setIssuer(issuer)
  .setSubject(user)
  .setAudience("marquee")
  .setIssuedAt()
  .setExpirationTime("1h")
  .setJti(randomUUID())
  .sign(privateKey);

// Connect to the container's own address, as in a cluster: Docker's proxy at 127.0.0.1 costs more than PostgreSQL
// itself.
const { container, url: published } = await startServer();
const postgres = new URL(published);
postgres.hostname = await run("docker", [
  ...["inspect", "--format", "{{.NetworkSettings.IPAddress}}", container],
]);
postgres.port = "5432";
const url = postgres.href;
const DATABASE_URL = await createDatabase(url);

const statements = await recordStatements(
  DATABASE_URL,
  user,
  body,
  KEY_ENCRYPTION_KEY,
);
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: connections });
const replay = createReplay(pool, statements, user);

const folder = mkdtempSync(join(tmpdir(), "marquee-bench-"));
await buildForHost(["."], join(import.meta.dirname, "tutorial"), folder);
const go = spawn(join(folder, "tutorial"), ["18084"], { stdio: "inherit" });
process.once("exit", () => go.kill());

// Log to a file, as with the log sidecar: reading the log from a pipe would cost this process CPU time.
const origin = "http://127.0.0.1:18082";
const server = spawn(process.execPath, ["services/payment/server.ts"], {
  cwd: join(import.meta.dirname, ".."),
  env: {
    ...{ PORT: "18082", DATABASE_URL, DATABASE_TLS: "off", KEY_ENCRYPTION_KEY },
    DATABASE_CONNECTIONS: `${connections}`,
    ...{ ISSUER: issuer, OPERATOR_KEY: KEY_ENCRYPTION_KEY },
    LOG_FILE: join(folder, "payment.log"),
  },
  stdio: "inherit",
});
process.once("exit", () => server.kill());
const ready = async () => (await fetch(`${origin}/readyz`)).status === 200;
if (!(await eventually(() => ready().catch(() => false), 20_000)))
  throw new Error("payment did not become ready.");
const headers = () => ({
  authorization: `Bearer ${token}`,
  "idempotency-key": randomUUID(),
});
const ours = () => post(`${origin}/pay`, headers(), body);
const theirs = () => post("http://127.0.0.1:18084/pay", {}, body);
if (
  !(await eventually(
    () =>
      theirs().then(
        () => true,
        () => false,
      ),
    5_000,
  ))
)
  throw new Error("The tutorial's handler did not become ready.");

const medians = (all: Turn[]): Turn => ({
  perSecond: median(all.map(({ perSecond }) => perSecond)),
  p99: median(all.map(({ p99 }) => p99)),
});

/** Measures all sides in turns. @returns the rows of a table */
async function compare(): Promise<string> {
  const others = {
    [`the same ${statements.length} statements, sent by pg alone`]: () =>
      replay(false),
    "the same, prepared, as in the service": () => replay(true),
    "a tutorial's handler in Go, which stores nothing": theirs,
  };
  const all = {
    "POST /pay: token, idempotency key, sandbox, ledger, event": ours,
    ...others,
  };
  const turns = Object.keys(all).map((): Turn[] => []);
  for (const work of Object.values(all)) await turn(work); // warm up V8's compilers
  for (let round = 0; round < rounds; round++)
    for (const [i, work] of Object.values(all).entries())
      turns[i]?.push(await turn(work));
  const [our] = turns.map(medians) as [Turn];
  return Object.keys(all)
    .map((what, i) => {
      const { perSecond, p99 } = medians(turns[i] as Turn[]);
      const ratio = (our.perSecond / perSecond).toPrecision(2);
      return `| ${what} | ${perSecond.toFixed(0)} | ${p99.toFixed(1)} ms | ${ratio} |`;
    })
    .join("\n");
}

const durable = await compare();
// Repeat without waiting for the disk, to show the CPU cost.
const admin = new pg.Client(url);
await admin.connect();
await admin.query("ALTER SYSTEM SET fsync = off");
await admin.query("SELECT pg_reload_conf()");
await admin.end();
const inMemory = await compare();

const head = `| what | payments a second | p99 | POST /pay to it |
|---|---|---|---|`;
writeReport(
  "payment.md",
  `; ${clients} concurrent clients over ${connections} connections to PostgreSQL; clients, service and PostgreSQL share the cores; medians of ${rounds} turns of ${seconds} s`,
  `
With full durability: each commit, of which a payment has three, waits for the disk.

${head}
${durable}

The same with \`fsync = off\`, which loses data in a crash: what remains is the CPU time.

${head}
${inMemory}
`,
);
await pool.end();
process.exit(0);
