import assert from "node:assert/strict";
import { certificate, key } from "../../support/components/certificates.ts";
import { ok } from "../../support/components/containers.ts";
import { elsewhere } from "../../support/components/databases.ts";
import { useProvisioning } from "../../support/components/provisionings.ts";

describe("the Job that makes roles and databases on a managed server", () => {
  const { provision, names, query, asRole, container } = useProvisioning();
  const user = "cloud_admin";
  const adminPassword = "the administrator's password";
  const managed = elsewhere({ user });

  before(async () => {
    // As clouds have it: an administrator who is no superuser, and owns none of the databases that are there.
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

  it("needs no superuser: roles own their databases, and may do nothing else", async () => {
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

  it("leaves the number of connections to the server", async () => {
    const [auth] = names();
    await provision(managed, { [auth]: "hunter2" }, { adminPassword });
    assert.deepEqual(
      await query(
        `SELECT rolconnlimit FROM pg_roles WHERE rolname = '${auth}'`,
      ),
      [{ rolconnlimit: -1 }],
    );
  });

  it("runs again, with another password", async () => {
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

  it("runs where somebody has closed the server's own databases to everybody", async () => {
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

  it("takes no role from another stack, and leaves it as it is", async () => {
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

  it("takes no role from the administrator, whose name a service has", async () => {
    const { code, stderr } = await provision(
      managed,
      { [user]: "hunter2" },
      { adminPassword },
    );
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /cloud_admin is who makes roles and databases \(marquee:database\.user\), and the name of a service, which needs a role of its own\./,
    );
    await asRole(user, adminPassword, "SELECT", "postgres");
  });

  describe("encrypted", () => {
    const run = async (settings: object) => {
      const [auth] = names();
      return provision(
        elsewhere({ user, ...settings }),
        { [auth]: "hunter2" },
        { adminPassword, patience: 1 },
      );
    };
    /** Makes the server refuse what is not encrypted, or what is. */
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

    it("is done with a server that proves who it is", async () => {
      await takeOnly("hostssl");
      const { code, stderr } = await run({});
      assert.deepEqual([code, stderr], [0, ""]);
    });

    it("is done with tls require, whoever signed the server's certificate", async () => {
      await takeOnly("hostssl");
      const { code, stderr } = await run(required);
      assert.deepEqual([code, stderr], [0, ""]);
    });

    it("is not done with tls off", async () => {
      await takeOnly("hostnossl");
      assert.equal((await run(off)).code, 0);
      assert.match(
        (await run(required)).stderr,
        /no pg_hba.conf entry .* SSL encryption/,
      );
    });

    it("is refused by a server that has another name", async () => {
      const { code, stderr } = await run({ externalName: "postgres.local" });
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /server certificate for "db\.example\.com" does not match host name "postgres\.local"/,
      );
    });

    it("is refused by a server whose certificate another authority signed", async () => {
      const { code, stderr } = await run({ certificateAuthority: certificate });
      assert.notEqual(code, 0);
      assert.match(stderr, /certificate verify failed/);
    });
  });
});
