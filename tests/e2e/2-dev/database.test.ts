import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  removeOwnTestContainers,
  testLabel,
} from "../../../local/docker/test-containers.ts";
import {
  begin,
  container,
  destroyStaging,
  ensureUp,
  host,
  json,
  ok,
  restoreDev,
  revertFiles,
  setConfig,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import {
  commandInPod,
  inPod,
  killDatabase,
  quoted,
} from "../../support/e2e/in-pod.ts";

const password = "a long sentence about nothing";
const auth = "http://auth-service:8081";

/** Sends a request to auth from one of streaming's pods; returns the status. */
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

/** Runs SQL as a service's role, with the password that its pods have; returns psql's result. */
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

interface Answers {
  /** The number of answers by request and status. */
  statuses: Record<string, Record<string, number>>;
  /** The email addresses that got an account. */
  accounts: string[];
  /** Requests without an answer, and 503s without Retry-After. */
  faults: string[];
}

/** Signs up, and logs in with right and wrong passwords, repeatedly during `work`, from one of streaming's pods. */
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
      // Another account, because attempts from one address for the same account count together.
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

describe("Database", function () {
  this.timeout("10m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });
  afterEach(revertFiles);
  after(restoreDev);

  it("gives a service a role that owns its database and may do nothing else", async () => {
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

  it("has durable writes", async () => {
    const { stdout } = await asRole(
      "auth",
      "auth",
      "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')",
    );
    assert.equal(stdout.trim(), "on|on|on");
  });

  it("accepts connections only from the services that use it", async () => {
    const program = (host: string) =>
      `const socket = require("net").connect({ host: "${host}", port: 5432, timeout: 3000 });
       for (const event of ["connect", "timeout", "error"]) socket.once(event, () => { console.log(event); process.exit(); })`;
    for (const service of ["auth", "payment", "streaming"])
      assert.equal(await inPod(service, program("postgres")), "connect");
    // A pod in another namespace, whose egress no policy restricts.
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

  it("causes only 503s and loses no account when it is killed during logins", async () => {
    const email = `load-${Date.now()}@example.com`;
    for (const account of [email, `not-${email}`])
      assert.equal(await ask("/signup", account), 201);
    const { statuses, accounts, faults } = await underLogins(
      email,
      async () => {
        await killDatabase();
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
    // No pod of auth was restarted: liveness does not depend on the database.
    const { items } = await json(
      "kubectl get pods -l app=auth-service -o json",
    );
    for (const { status } of items)
      assert.equal(status.containerStatuses[0].restartCount, 0);
  });

  it("gets another password by configuration and pulumi up", async () => {
    const email = `moved-${Date.now()}@example.com`;
    assert.equal(await ask("/signup", email), 201);
    await ok(
      "pulumi config set --secret --path 'marquee:secrets.postgres.PASSWORD' \"it's \\$another one\"",
    );
    await ok("pulumi up --yes --skip-preview");
    // By the pod's address, like other pods: local connections need no password.
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

  describe("outside the cluster", () => {
    const name = "managed";
    const folder = mkdtempSync(join(tmpdir(), "marquee-managed-"));
    const admin = "the administrator's password";

    before(async () => {
      process.once("exit", removeOwnTestContainers);
      await ok(
        `cd ${folder} && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt 2>/dev/null &&
         openssl req -newkey rsa:2048 -nodes -subj /CN=managed -keyout server.key -out server.csr 2>/dev/null &&
         printf 'subjectAltName=DNS:${name}.${container}' > extensions &&
         openssl x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile extensions -out server.crt 2>/dev/null && chmod 600 server.key && chmod 755 .`,
      );
      // As root in a container, because only root may give files away.
      await ok(
        `docker run --rm --user 0 --volume ${folder}:/tls --entrypoint chown ${host}:5001/postgres:17 999:999 /tls/server.key`,
      );
      await ok(
        `docker run --detach --name ${container}-${name} ${testLabel.map(quoted).join(" ")} --network ${container} --network-alias ${name} --volume ${folder}:/tls:ro \
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
      await ok("pulumi stack select dev");
    });

    /** Needed in each test, because each test's changes are reverted. */
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

    it("is reached by the same name with TLS and the service's own role, and has no server and no volume in the cluster", async () => {
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

    it("is rejected and left unchanged if it belongs to another stack", async () => {
      const said = await sh(
        `docker exec ${container}-${name} psql -U postgres -Atc "COMMENT ON ROLE auth IS 'marquee/prod'"`,
      );
      assert.equal(said.code, 0, said.output);
      // Another password for the administrator replaces the Job.
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
