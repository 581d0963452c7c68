import assert from "node:assert/strict";
import { ok } from "../../support/components/containers.ts";
import { elsewhere } from "../../support/components/databases.ts";
import { useProvisioning } from "../../support/components/provisionings.ts";
import { startPgBouncer, type TestPooler } from "../../support/pgbouncer.ts";

describe("Provisioning Job through PgBouncer in transaction mode", function () {
  this.timeout(60_000);
  const { provision, names, query, asRole, container, url } = useProvisioning();
  let pooler: TestPooler;
  let address: string;

  before(async () => {
    const format = "{{.NetworkSettings.Gateway}}";
    address = await ok(["inspect", "--format", format, container()]);
    pooler = await startPgBouncer(url(), 2, address);
  });
  after(() => pooler?.stop());

  const run = (passwords: Record<string, string>) =>
    provision(
      elsewhere({
        ...{ port: pooler.port, tls: "off" },
        certificateAuthority: undefined,
      }),
      passwords,
      { address },
    );

  it("creates a role with its settings and a database for each service, also when it runs again", async () => {
    const [auth, payment] = names();
    const passwords = { [auth]: "hunter2", [payment]: "pa55word" };
    for (const round of ["first", "second"]) {
      const { code, stderr } = await run(passwords);
      assert.deepEqual([code, stderr], [0, ""], round);
    }
    for (const [role, password] of Object.entries(passwords)) {
      await asRole(role, password, "CREATE TABLE film (title text)");
      assert.deepEqual(
        await query(
          `SELECT shobj_description(oid, 'pg_authid') AS owner, rolconfig FROM pg_roles WHERE rolname = '${role}'`,
        ),
        [
          {
            owner: "marquee/dev",
            rolconfig: [
              "statement_timeout=5000",
              "lock_timeout=3000",
              "idle_in_transaction_session_timeout=10000",
            ],
          },
        ],
      );
    }
  });

  it("rejects a role of another stack, and leaves it unchanged", async () => {
    const [auth] = names();
    await query(
      `CREATE ROLE ${auth}; COMMENT ON ROLE ${auth} IS 'marquee/staging'`,
    );
    const { code, stderr } = await run({ [auth]: "pa55word" });
    assert.notEqual(code, 0);
    assert.match(stderr, /is of marquee\/staging, and this is marquee\/dev/);
    assert.deepEqual(
      await query(
        `SELECT rolcanlogin, rolconfig FROM pg_roles WHERE rolname = '${auth}'`,
      ),
      [{ rolcanlogin: false, rolconfig: null }],
    );
  });
});
