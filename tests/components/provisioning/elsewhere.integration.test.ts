import assert from "node:assert/strict";
import { certificate, key } from "../../support/components/certificates.ts";
import { ok } from "../../support/components/containers.ts";
import { elsewhere } from "../../support/components/databases.ts";
import { useProvisioning } from "../../support/components/provisionings.ts";

describe("Provisioning Job on a managed server", () => {
  const { provision, names, query, asRole, container } = useProvisioning();
  const user = "cloud_admin";
  const adminPassword = "the administrator's password";
  const managed = elsewhere({ user });

  before(async () => {
    // As on managed services, the administrator is not a superuser and owns no existing database.
    await query(
      `CREATE ROLE ${user} LOGIN CREATEROLE CREATEDB PASSWORD 'the administrator''s password'`,
    );
    for (const [file, text] of Object.entries({ certificate, key }))
      await ok(
        [
          ...["exec", "--interactive", "--user", "postgres", container()],
          ...["sh", "-c", `umask 077; cat >/tmp/${file}.pem`],
        ],
        text,
      );
    await query("ALTER SYSTEM SET ssl_cert_file = '/tmp/certificate.pem'");
    await query("ALTER SYSTEM SET ssl_key_file = '/tmp/key.pem'");
    await query("ALTER SYSTEM SET ssl = on");
    await query("SELECT pg_reload_conf()");
  });

  it("creates roles that own their databases and may do nothing else, without a superuser", async () => {
    const [auth, payment] = names();
    const passwords = { [auth]: "hunter2", [payment]: "pa55word" };
    const { code, stderr } = await provision(managed, passwords, {
      adminPassword,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    await asRole(auth, "hunter2", "CREATE TABLE film (title text)");
    for (const [sql, refusal] of [
      ["CREATE ROLE more", /permission denied to create role/],
      ["CREATE DATABASE more", /permission denied to create database/],
      [`SET ROLE ${user}`, /permission denied to set role/],
      [`ALTER ROLE ${payment} PASSWORD 'mine'`, /permission denied/],
    ] as const)
      await assert.rejects(asRole(auth, "hunter2", sql), refusal);
    await assert.rejects(
      asRole(auth, "hunter2", "SELECT", payment),
      /permission denied for database/,
    );
  });

  it("sets no connection limit", async () => {
    const [auth] = names();
    await provision(managed, { [auth]: "hunter2" }, { adminPassword });
    assert.deepEqual(
      await query(
        `SELECT rolconnlimit FROM pg_roles WHERE rolname = '${auth}'`,
      ),
      [{ rolconnlimit: -1 }],
    );
  });

  it("runs again with another password, and keeps the data", async () => {
    const [auth] = names();
    await provision(managed, { [auth]: "hunter2" }, { adminPassword });
    await asRole(
      auth,
      "hunter2",
      "CREATE TABLE film AS SELECT 'kept' AS title",
    );
    const { code, stderr } = await provision(
      managed,
      { [auth]: "pa55word" },
      { adminPassword },
    );
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(await asRole(auth, "pa55word", "TABLE film"), [
      { title: "kept" },
    ]);
  });

  it("runs on a server whose own databases are closed to PUBLIC", async () => {
    const [auth] = names();
    await query("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC");
    await query(`GRANT CONNECT ON DATABASE postgres TO ${user}`);
    const { code, stderr } = await provision(
      managed,
      { [auth]: "hunter2" },
      { adminPassword },
    );
    assert.deepEqual([code, stderr], [0, ""]);
    await asRole(auth, "hunter2", "SELECT");
  });

  it("rejects a role of another stack, and leaves it unchanged", async () => {
    const [auth] = names();
    const stack = "staging";
    await provision(managed, { [auth]: "mine" }, { adminPassword, stack });
    const { code, stderr } = await provision(
      managed,
      { [auth]: "pa55word" },
      { adminPassword },
    );
    assert.notEqual(code, 0);
    assert.match(stderr, /is of marquee\/staging, and this is marquee\/dev/);
    await asRole(auth, "mine", "SELECT");
  });

  it("rejects a service with the administrator's name, and leaves that role unchanged", async () => {
    const { code, stderr } = await provision(
      managed,
      { [user]: "hunter2" },
      { adminPassword },
    );
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /marquee:database\.user is cloud_admin, which is also the name of a service\. Use another administrator: each service needs a role of its own\./,
    );
    await asRole(user, adminPassword, "SELECT", "postgres");
  });

  describe("TLS", () => {
    const run = async (settings: object) => {
      const [auth] = names();
      return provision(
        elsewhere({ user, ...settings }),
        { [auth]: "hunter2" },
        { adminPassword, patience: 1 },
      );
    };
    /** Makes the server accept only connections with TLS, or only those without. */
    const takeOnly = async (type: "hostssl" | "hostnossl") => {
      const $PGDATA = "/var/lib/postgresql/data";
      await ok(
        [
          ...["exec", "--interactive", "--user", "postgres", container()],
          ...["sh", "-c", `cat >${$PGDATA}/pg_hba.conf`],
        ],
        `host all postgres all scram-sha-256\n${type} all all all scram-sha-256\n`,
      );
      await query("SELECT pg_reload_conf()");
    };
    const off = { tls: "off", certificateAuthority: undefined };
    const required = { tls: "require", certificateAuthority: undefined };

    it("connects to a server with a valid certificate", async () => {
      await takeOnly("hostssl");
      const { code, stderr } = await run({});
      assert.deepEqual([code, stderr], [0, ""]);
    });

    it("connects with tls require, whoever signed the server's certificate", async () => {
      await takeOnly("hostssl");
      const { code, stderr } = await run(required);
      assert.deepEqual([code, stderr], [0, ""]);
    });

    it("connects without TLS with tls off", async () => {
      await takeOnly("hostnossl");
      assert.equal((await run(off)).code, 0);
      assert.match(
        (await run(required)).stderr,
        /no pg_hba.conf entry .* SSL encryption/,
      );
    });

    it("rejects a certificate for another name", async () => {
      const { code, stderr } = await run({ externalName: "postgres.local" });
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /server certificate for "db\.example\.com" does not match host name "postgres\.local"/,
      );
    });

    it("rejects a certificate that another authority signed", async () => {
      const { code, stderr } = await run({ certificateAuthority: certificate });
      assert.notEqual(code, 0);
      assert.match(stderr, /certificate verify failed/);
    });
  });
});
