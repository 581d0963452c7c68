import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  clone,
  configure,
  createStack,
  edit,
  ensureCluster,
  forwarded,
  host,
  ok,
  removeStack,
  resourceCount,
  revertFiles,
  sh,
} from "../../support/e2e/environment.ts";

/** The state of a container whose program crashes: it waits for its restart, or has just ended. */
const crashed = (container: string) =>
  new RegExp(`\\[${container}\\]\\[(CrashLoopBackOff|Error)\\]`);

const stack = "failures";
const services = {
  auth: { replicas: 1 },
  payment: { replicas: 1 },
  streaming: { replicas: 1 },
};

describe("Pods that can't run", function () {
  this.timeout("10m");
  before(async () => {
    await ensureCluster();
    await createStack(stack, { services });
    await ok("pulumi up --yes --skip-preview");
  });
  after(() => removeStack(stack));

  it("fail the update with their own reason, while the old pods keep serving", async () => {
    const nothing = `${host}:5001/marquee-streaming@sha256:${"0".repeat(63)}7`;
    configure("streaming", { replicas: 1, image: nothing }, stack);
    const migrations = join(clone(), "services/auth/migrations");
    const number = `${readdirSync(migrations).length + 1}`.padStart(4, "0");
    writeFileSync(
      join(migrations, `${number}-broken.sql`),
      "CREATE TABLE half (id int);\nALTER TABLE nobody ADD COLUMN id int;\n",
    );
    edit(
      join(clone(), "services/payment/app.ts"),
      "export function",
      'throw new Error("the ledger is missing");\nexport function',
    );
    const { code, output } = await sh("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0);
    const diagnostics = output.slice(output.indexOf("Diagnostics:"));
    assert.match(
      diagnostics,
      /\[streaming\]\[(ImagePullBackOff|ErrImagePull)\].*not found/s,
    );
    assert.match(diagnostics, crashed("auth"));
    assert.match(
      diagnostics,
      /\d{4}-broken\.sql.*relation \\*"nobody\\*" does not exist/s,
    );
    assert.match(diagnostics, crashed("payment"));
    assert.match(diagnostics, /Error: the ledger is missing/);
    for (const [service, port] of [
      ["auth", 8081],
      ["payment", 8082],
      ["streaming", 8083],
    ] as const)
      assert.equal(
        await forwarded(`${service}-service`, port, async (url) =>
          fetch(`${url}/readyz`).then(({ status }) => status),
        ),
        200,
      );
  });

  it("leave nothing of a failed migration", async () => {
    assert.equal(
      await ok(
        "kubectl exec postgres-0 -c postgres -- psql -U postgres -h /var/run/postgresql -d auth -Atc \"SELECT to_regclass('half') IS NULL, count(*) FROM migrations WHERE name LIKE '%-broken%'\"",
      ),
      "t|0",
    );
  });

  it("are replaced by the next pulumi up", async () => {
    await revertFiles();
    await ok("pulumi up --yes --skip-preview");
    await ok("kubectl rollout status deployment --timeout=10s");
    assert.match(
      await ok("pulumi preview --expect-no-changes"),
      new RegExp(`${await resourceCount(stack)} unchanged`),
    );
  });
});
