import assert from "node:assert/strict";
import {
  asInPod,
  docker,
  ok,
  useContainers,
} from "../../support/components/containers.ts";
import {
  here,
  postgres,
  statefulSetType,
} from "../../support/components/databases.ts";
import { only } from "../../support/components/engine.ts";
import { postgresImage } from "../../support/docker.ts";
import { until } from "../../support/until.ts";

describe("PostgreSQL's pod in Docker", function () {
  this.timeout("10m");
  const { start, runToEnd, volume } = useContainers();
  const first = 'it\'s the "first" $HOME';
  const second = "it''s $(another) \\' one; -- \\";
  let spec: Awaited<ReturnType<typeof podSpec>>;
  let claims: Record<string, string>;
  let server: string;

  async function podSpec() {
    const settings = { ...here(), image: postgresImage };
    const { resources } = await postgres(settings);
    return only(resources, statefulSetType).inputs.spec.template.spec;
  }
  const conditions = (password: string) => ({
    claims,
    secrets: { "postgres-password-1a2b": password },
  });
  /** Runs the init container with this password in the Secret. */
  const prepare = (password: string) =>
    runToEnd(asInPod(spec, spec.initContainers[0], conditions(password)));
  const readiness = () =>
    docker(["exec", server, ...spec.containers[0].readinessProbe.exec.command]);
  const isReady = async () => (await readiness()).code === 0;
  const serve = async (password: string) => {
    server = await start(
      asInPod(spec, spec.containers[0], conditions(password)),
    );
    await until(isReady, async () => {
      const { stdout, stderr } = await docker(["logs", server]);
      return `the server to become ready: ${stdout}${stderr}`;
    });
  };
  /** Runs SQL as the superuser, over TCP like every client. */
  const psql = (password: string, sql: string) =>
    docker([
      ...["exec", "--env", `PGPASSWORD=${password}`, server, "psql"],
      ...["-XAt", "--host=127.0.0.1", "--username=postgres", "-c", sql],
    ]);
  const answer = async (password: string, sql: string) => {
    const { stdout, stderr } = await psql(password, sql);
    return (stderr || stdout).trimEnd();
  };

  before(async () => {
    spec = await podSpec();
    claims = { "postgres-data": await volume() };
  });

  it("leaves an empty volume unchanged in the init container", async () => {
    assert.deepEqual(await prepare(first), { code: 0, stdout: "", stderr: "" });
    const data = `${claims["postgres-data"]}:/data`;
    const list = ["--entrypoint", "ls", postgresImage, "-A", "/data"];
    assert.equal(await ok(["run", "--rm", "--volume", data, ...list]), "");
  });

  it("runs as an unprivileged user on a read-only root file system", async () => {
    await serve(first);
    assert.equal(
      await answer(first, "SHOW data_directory"),
      "/var/lib/postgresql/data/pgdata",
    );
    const { stdout } = await docker(["exec", server, "id", "-u"]);
    assert.equal(stdout.trim(), "999");
  });

  it("has durable writes, data checksums, the expected memory and the C.UTF-8 locale", async () => {
    const settings = {
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      data_checksums: "on",
      max_connections: "200",
      shared_buffers: "128MB",
    };
    const names = Object.keys(settings);
    const sql = names.map((name) => `current_setting('${name}')`).join();
    assert.equal(
      await answer(first, `SELECT ${sql}`),
      Object.values(settings).join("|"),
    );
    assert.equal(
      await answer(
        first,
        "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'",
      ),
      "b|C.UTF-8|UTF8",
    );
  });

  it("rejects a wrong password, even from localhost", async () => {
    assert.match(
      await answer("wrong", "SELECT 1"),
      /password authentication failed for user "postgres"/,
    );
  });

  it("keeps committed data after a SIGKILL, and takes over the Secret's new password", async () => {
    await answer(first, "CREATE TABLE film AS SELECT 'kept' AS title");
    await ok(["kill", "--signal", "KILL", server]);
    assert.equal((await prepare(second)).code, 0);
    await serve(second);
    assert.equal(await answer(second, "TABLE film"), "kept");
    assert.match(
      await answer(first, "TABLE film"),
      /password authentication failed/,
    );
  });

  it("shuts down cleanly on SIGTERM while a client is connected", async () => {
    const client = psql(second, "SELECT 'connected', pg_sleep(3600)");
    const connections =
      "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)' AND state = 'active'";
    await until(async () => (await answer(second, connections)) === "1");
    await ok(["stop", "-t", "50", server]);
    assert.match((await client).stderr, /terminating connection/);
    assert.equal(
      await ok(["inspect", "--format", "{{.State.ExitCode}}", server]),
      "0",
    );
    const { stderr } = await docker(["logs", server]);
    assert.match(stderr, /database system is shut down\n$/);
  });

  it("has no commands that Kubernetes would expand variables in", () => {
    for (const { command = [] } of [...spec.initContainers, ...spec.containers])
      assert.doesNotMatch(command.join(), /\$\$|\$\([A-Za-z_]\w*\)/);
  });
});
