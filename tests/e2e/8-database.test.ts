import assert from "node:assert/strict";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  begin,
  container,
  destroyStaging,
  ensureUp,
  host,
  json,
  ok,
  setConfig,
  sh,
  until,
} from "../support/e2e/environment.ts";
import { commandInPod, inPod, quoted } from "../support/e2e/in-pod.ts";

const password = "a long sentence about nothing";
const auth = "http://auth-service:8081";

/** Asks auth for something from one of streaming's pods; gives the status. */
const ask = async (path: string, email: string, by = password) =>
  Number(
    await inPod(
      "streaming",
      `fetch("${auth}${path}", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: ${JSON.stringify(JSON.stringify({ email, password: by }))},
      }).then(({ status }) => console.log(status))`,
    ),
  );

/** Runs SQL at the server as a service's role, by its password as pods have it; gives what psql says. */
async function asRole(role: string, database: string, sql: string) {
  const secrets = await json(
    `kubectl get secrets -l app.kubernetes.io/name=${role} -o json`,
  );
  const secret = secrets.items.find(
    ({ metadata }: { metadata: { name: string } }) =>
      metadata.name.startsWith(`${role}-database-password-`),
  );
  const value = Buffer.from(secret.data.value, "base64").toString();
  const address = await ok(
    "kubectl get pod postgres-0 -o jsonpath={.status.podIP}",
  );
  return sh(
    `kubectl exec postgres-0 -c postgres -- env PGPASSWORD=${value} psql -h ${address} -U ${role} -d ${database} -Atc ${quoted(sql)}`,
  );
}

/** Kills the server's first process, as a machine's out-of-memory killer would. */
const killServer = () =>
  ok(
    `docker exec ${container} sh -c ${quoted(
      'for p in /proc/[0-9]*; do if tr "\\0" " " <$p/cmdline 2>/dev/null | grep -q "^postgres -c max_connections"; then kill -KILL $(basename $p); fi; done',
    )}`,
  );

interface Answers {
  /** By what was asked, how often each status was answered. */
  statuses: Record<string, Record<string, number>>;
  /** The addresses that got an account. */
  accounts: string[];
  /** What came without an answer, and 503s that do not say when to come again. */
  faults: string[];
}

/** Signs up, logs in with the right and with a wrong password, without pause, from one of streaming's pods while `work` goes on. */
async function underLogins(
  email: string,
  work: () => Promise<unknown>,
): Promise<Answers> {
  const clients = async (
    auth: string,
    email: string,
    password: string,
    ended: () => boolean,
  ): Promise<Answers> => {
    const answers: Answers = { statuses: {}, accounts: [], faults: [] };
    const client = async (
      what: string,
      path: string,
      next: () => { email: string; password: string },
    ) => {
      const counts: Record<string, number> = {};
      answers.statuses[what] = counts;
      while (!ended()) {
        const body = next();
        try {
          const response = await fetch(`${auth}${path}`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
            signal: AbortSignal.timeout(10_000),
          });
          const text = await response.text();
          counts[response.status] = (counts[response.status] ?? 0) + 1;
          if (response.status === 201) answers.accounts.push(body.email);
          if (response.status === 503 && !response.headers.has("retry-after"))
            answers.faults.push(`503 without Retry-After: ${text}`);
        } catch (error) {
          const { message, cause } = error as Error & { cause?: Error };
          answers.faults.push(`${what}: ${cause?.message ?? message}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    let number = 0;
    await Promise.all([
      client("right", "/login", () => ({ email, password })),
      // Of another account: these two would have their tries together, as they come from one address.
      client("wrong", "/login", () => ({
        email: `not-${email}`,
        password: "not it at all",
      })),
      client("sign-up", "/signup", () => ({
        email: `load-${Date.now()}-${number++}@example.com`,
        password,
      })),
    ]);
    return answers;
  };
  const program = `
    let running = true;
    const deadline = Date.now() + 120000;
    process.stdin.on("end", () => { running = false; }).resume();
    (${clients})(${[auth, email, password].map((text) => JSON.stringify(text)).join()}, () => !running || Date.now() > deadline)
      .then((answers) => console.log(JSON.stringify(answers)));
  `;
  const child = begin(`exec ${commandInPod("streaming", program, "-i")}`, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await work();
  } finally {
    child.stdin?.end();
  }
  await closed;
  return JSON.parse(output);
}

describe("The database", function () {
  this.timeout("10m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });
  afterEach(() => ok("git checkout --quiet ."));

  it("gives a service a role that owns its database, and may do nothing else", async () => {
    const mine = await asRole(
      "auth",
      "auth",
      "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
    );
    assert.equal(mine.stdout.trim(), "auth");
    for (const database of ["postgres", "template1"])
      assert.match(
        (await asRole("auth", database, "SELECT 1")).output,
        /permission denied for database/,
      );
    for (const [sql, refusal] of [
      ["CREATE ROLE more", /permission denied to create role/],
      ["CREATE DATABASE more", /permission denied to create database/],
      ["COPY (SELECT 1) TO PROGRAM 'id'", /permission denied to COPY/],
      ["SELECT pg_read_file('/etc/passwd')", /permission denied/],
    ] as const)
      assert.match((await asRole("auth", "auth", sql)).output, refusal);
  });

  it("writes what it says it has written", async () => {
    const { stdout } = await asRole(
      "auth",
      "auth",
      "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')",
    );
    assert.equal(stdout.trim(), "on|on|on");
  });

  it("lets nobody in but the services that have a part in it", async () => {
    const program = (host: string) =>
      `const socket = require("net").connect({ host: "${host}", port: 5432, timeout: 3000 });
       for (const event of ["connect", "timeout", "error"]) socket.once(event, () => { console.log(event); process.exit(); })`;
    for (const service of ["auth", "payment", "streaming"])
      assert.equal(await inPod(service, program("postgres")), "connect");
    // A pod of somebody else's, whom nothing keeps from going out.
    const said = await ok(
      `kubectl run elsewhere --namespace default --image ${host}:5001/node:24 --restart Never --rm --attach --quiet -- -e ${quoted(program("postgres.marquee-dev.svc"))}`,
    );
    assert.match(said, /^(timeout|error)$/m);
    assert.doesNotMatch(said, /connect/);
  });

  it("keeps everything when its pod is deleted", async () => {
    const email = `kept-${Date.now()}@example.com`;
    assert.equal(await ask("/signup", email), 201);
    await ok("kubectl delete pod postgres-0");
    await until(async () => assert.equal(await ask("/login", email), 200));
  });

  it("killed under logins: no wrong answer, only 503s while it is away, and all accounts are there after", async () => {
    const email = `load-${Date.now()}@example.com`;
    for (const account of [email, `not-${email}`])
      assert.equal(await ask("/signup", account), 201);
    const { statuses, accounts, faults } = await underLogins(
      email,
      async () => {
        await killServer();
        await until(async () => {
          const pod = await json("kubectl get pod postgres-0 -o json");
          assert.ok(pod.status.containerStatuses[0].restartCount > 0);
          assert.ok(pod.status.containerStatuses[0].ready);
        });
        await new Promise((resolve) => setTimeout(resolve, 5000));
      },
    );
    const told = JSON.stringify(statuses);
    assert.deepEqual(faults, []);
    const known = (what: string) => Object.keys(statuses[what] ?? {}).sort();
    assert.deepEqual(known("right"), ["200", "503"], told);
    assert.deepEqual(known("sign-up"), ["201", "503"], told);
    for (const status of known("wrong"))
      assert.ok(["401", "429", "503"].includes(status), told);
    assert.ok(accounts.length > 10, told);
    for (const account of [accounts[0], ...accounts.slice(-5)])
      assert.equal(await ask("/login", account as string), 200);
    const { stdout } = await asRole(
      "auth",
      "auth",
      `SELECT count(*) FROM users WHERE email_key IN (${accounts.map((email) => `'${email}'`).join()})`,
    );
    assert.equal(Number(stdout), accounts.length);
    // Nobody was restarted for it: a pod lives without the database.
    const { items } = await json(
      "kubectl get pods -l app=auth-service -o json",
    );
    for (const { status } of items)
      assert.equal(status.containerStatuses[0].restartCount, 0);
  });

  it("gets another password by config and pulumi up alone", async () => {
    const email = `moved-${Date.now()}@example.com`;
    assert.equal(await ask("/signup", email), 201);
    await ok(
      "pulumi config set --secret --path 'marquee:secrets.postgres.PASSWORD' \"it's \\$another one\"",
    );
    await ok("pulumi up --yes --skip-preview");
    // By the pod's address, as others come: to its own processes it is open.
    const address = await ok(
      "kubectl get pod postgres-0 -o jsonpath={.status.podIP}",
    );
    const asAdmin = (password: string) =>
      sh(
        `kubectl exec postgres-0 -c postgres -- env PGPASSWORD=${quoted(password)} psql -h ${address} -U postgres -Atc 'SELECT 1'`,
      );
    assert.equal((await asAdmin("it's $another one")).stdout.trim(), "1");
    assert.notEqual((await asAdmin("something else")).code, 0);
    await until(async () => assert.equal(await ask("/login", email), 200));
  });

  describe("somewhere else", () => {
    const name = "managed";
    const folder = mkdtempSync(join(tmpdir(), "marquee-managed-"));
    const admin = "the administrator's password";

    before(async () => {
      await ok(
        `cd ${folder} && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt 2>/dev/null &&
         openssl req -newkey rsa:2048 -nodes -subj /CN=managed -keyout server.key -out server.csr 2>/dev/null &&
         printf 'subjectAltName=DNS:${name}.${container}' > extensions &&
         openssl x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile extensions -out server.crt 2>/dev/null && chmod 600 server.key && chmod 755 .`,
      );
      chownSync(join(folder, "server.key"), 999, 999);
      await ok(
        `docker run --detach --name ${container}-${name} --network ${container} --network-alias ${name} --volume ${folder}:/tls:ro \
           --env POSTGRES_PASSWORD=${quoted(admin)} ${host}:5001/postgres:17 \
           -c ssl=on -c ssl_cert_file=/tls/server.crt -c ssl_key_file=/tls/server.key`,
      );
      await until(() =>
        ok(`docker exec ${container}-${name} pg_isready --host 127.0.0.1`).then(
          () => {},
        ),
      );
    });
    after(async () => {
      await destroyStaging();
      await sh(`docker rm --force --volumes ${container}-${name}`);
      rmSync(folder, { recursive: true });
      await ok("git checkout --quiet . && pulumi stack select dev");
    });

    /** Afresh for each test, as what a test changes is undone. */
    const configureDatabase = async (password: string) => {
      await ok("pulumi stack select staging");
      setConfig("staging", "marquee:database", {
        image: `${host}:5001/postgres:17`,
        externalName: `${name}.${container}`,
        certificateAuthority: readFileSync(join(folder, "ca.crt"), "utf8"),
      });
      await ok(
        `pulumi config set --secret --path 'marquee:secrets.postgres.PASSWORD' ${quoted(password)}`,
      );
    };

    it("is reached by the same name, encrypted, by a role and a database of the service's own; nothing of it runs here", async () => {
      await configureDatabase(admin);
      await ok("pulumi up --yes --skip-preview");
      const { auth } = await json("pulumi stack output endpoints --json");
      const response = await fetch(`${auth}/signup`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: "else@example.com", password }),
      });
      assert.equal(response.status, 201);
      const there = await ok(
        `docker exec ${container}-${name} psql -U postgres -d auth -Atc "SELECT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'auth'"`,
      );
      assert.equal(there.split("\n")[0], "auth|t");
      const { spec } = await json(
        "kubectl get service postgres -n marquee-staging -o json",
      );
      assert.equal(spec.type, "ExternalName");
      const { items } = await json(
        "kubectl get statefulsets,persistentvolumeclaims -n marquee-staging -o json",
      );
      assert.deepEqual(items, []);
    });

    it("that belongs to another stack is refused, and stays as it is", async () => {
      const said = await sh(
        `docker exec ${container}-${name} psql -U postgres -Atc "COMMENT ON ROLE auth IS 'marquee/prod'"`,
      );
      assert.equal(said.code, 0, said.output);
      // Another password for the administrator makes the Job anew.
      await ok(
        `docker exec ${container}-${name} psql -U postgres -Atc "ALTER ROLE postgres PASSWORD 'other'"`,
      );
      await configureDatabase("other");
      const { code, output } = await sh("pulumi up --yes --skip-preview");
      assert.notEqual(code, 0);
      assert.match(
        output,
        /The role auth on this server is of marquee\/prod, and this is marquee\/staging/,
      );
      const { auth } = await json("pulumi stack output endpoints --json");
      const response = await fetch(`${auth}/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: "else@example.com", password }),
      });
      assert.equal(response.status, 200);
    });
  });
});
