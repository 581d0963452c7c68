import assert from "node:assert/strict";
import { provisionScript } from "../../../components/postgres/scripts.ts";
import { elsewhere, here } from "../../support/components/databases.ts";
import { useProvisioning } from "../../support/components/provisionings.ts";

const timeouts = [
  "statement_timeout=5000",
  "lock_timeout=3000",
  "idle_in_transaction_session_timeout=10000",
];

describe("Provisioning Job", () => {
  const { provision, names, query, asRole, admin } = useProvisioning();

  it("creates a role for each service, and a database that the role owns", async () => {
    const [auth, payment] = names();
    const { code, stdout } = await provision(here(), {
      [auth]: "hunter2",
      [payment]: "pa55word",
    });
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split("\n"), [
      `role and database: ${auth}`,
      `role and database: ${payment}`,
    ]);
    for (const [role, password] of [
      [auth, "hunter2"],
      [payment, "pa55word"],
    ] as const) {
      await asRole(
        role,
        password,
        "CREATE TABLE film (title text); CREATE SCHEMA more",
      );
      assert.deepEqual(
        await query(
          `SELECT pg_get_userbyid(datdba), rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit, rolconfig
           FROM pg_database JOIN pg_roles ON rolname = datname WHERE datname = '${role}'`,
        ),
        [
          {
            pg_get_userbyid: role,
            rolsuper: false,
            rolcreaterole: false,
            rolcreatedb: false,
            rolreplication: false,
            rolbypassrls: false,
            rolconnlimit: 65,
            rolconfig: timeouts,
          },
        ],
      );
    }
  });

  it("changes and loses nothing when it runs again", async () => {
    const [auth] = names();
    const passwords = { [auth]: "hunter2" };
    const all = () =>
      query(
        `SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolconnlimit, rolconfig, shobj_description(pg_roles.oid, 'pg_authid') AS owner,
           datname, datdba, datacl::text FROM pg_roles LEFT JOIN pg_database ON datdba = pg_roles.oid OR datname = rolname ORDER BY 1, datname`,
      );
    await provision(here(), passwords);
    await asRole(
      auth,
      "hunter2",
      "CREATE TABLE film AS SELECT 'kept' AS title",
    );
    const before = await all();
    const { code, stderr } = await provision(here(), passwords);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(await all(), before);
    assert.deepEqual(await asRole(auth, "hunter2", "TABLE film"), [
      { title: "kept" },
    ]);
  });

  it("replaces a role's password, and invalidates the old one", async () => {
    const [auth] = names();
    await provision(here(), { [auth]: "hunter2" });
    await provision(here(), { [auth]: "pa55word" });
    await asRole(auth, "pa55word", "SELECT");
    await assert.rejects(
      asRole(auth, "hunter2", "SELECT"),
      /password authentication failed/,
    );
  });

  it("forbids a role to create roles or databases, and to connect to other databases", async () => {
    const [auth, payment] = names();
    await provision(here(), { [auth]: "hunter2", [payment]: "pa55word" });
    for (const [sql, refusal] of [
      ["CREATE ROLE more", /permission denied to create role/],
      ["CREATE DATABASE more", /permission denied to create database/],
      [`ALTER ROLE ${payment} PASSWORD 'mine'`, /permission denied/],
      [`DROP DATABASE ${payment}`, /must be owner/],
    ] as const)
      await assert.rejects(asRole(auth, "hunter2", sql), refusal);
    for (const other of [payment, "postgres", "template1"])
      await assert.rejects(
        asRole(auth, "hunter2", "SELECT", other),
        /permission denied for database/,
      );
  });

  for (const password of [
    "it's 'quoted' \"twice\"",
    "back\\slash\\'\\n\\",
    `$HOME \${HOME} $(id) \`id\` $$ $1`,
    ":role :'role' \\gexec; -- /* %I",
    " spaces, ünïcode & 'more' ",
  ])
    it(`accepts the password ${password}`, async () => {
      const [auth] = names();
      const { code, stderr } = await provision(here(), { [auth]: password });
      assert.deepEqual([code, stderr], [0, ""]);
      await asRole(auth, password, "SELECT");
    });

  it("prints no password", async () => {
    const [auth] = names();
    const { stdout, stderr } = await provision(here(), { [auth]: "hunter2" });
    assert.ok(!/hunter2/.test(stdout + stderr));
    assert.ok(!(stdout + stderr).includes(admin()));
  });

  it("rejects a role of another stack, and leaves it unchanged", async () => {
    const [auth] = names();
    await provision(here(), { [auth]: "hunter2" }, { stack: "staging" });
    const { code, stderr } = await provision(here(), { [auth]: "pa55word" });
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      new RegExp(
        `The role ${auth} on this server is of marquee/staging, and this is marquee/dev. Give each stack a database server of its own.`,
      ),
    );
    await asRole(auth, "hunter2", "SELECT");
    const { code: again } = await provision(
      here(),
      { [auth]: "pa55word" },
      { stack: "staging" },
    );
    assert.equal(again, 0);
    await asRole(auth, "pa55word", "SELECT");
  });

  it("sets the timeouts of an existing role, and resets changed ones", async () => {
    const [auth] = names();
    await query(
      `CREATE ROLE ${auth}; ALTER ROLE ${auth} SET lock_timeout = 0; ALTER ROLE ${auth} SET statement_timeout = '1h'`,
    );
    const { code } = await provision(here(), { [auth]: "hunter2" });
    assert.equal(code, 0);
    const show = "SHOW idle_in_transaction_session_timeout";
    assert.deepEqual(await asRole(auth, "hunter2", show), [
      { idle_in_transaction_session_timeout: "10s" },
    ]);
    const [role] = (await query(
      `SELECT rolconfig FROM pg_roles WHERE rolname = '${auth}'`,
    )) as { rolconfig: string[] }[];
    assert.deepEqual(role?.rolconfig.toSorted(), timeouts.toSorted());
  });

  it("completes an interrupted run", async () => {
    const [auth] = names();
    await query(`CREATE ROLE ${auth}`);
    const { code } = await provision(here(), { [auth]: "hunter2" });
    assert.equal(code, 0);
    await asRole(auth, "hunter2", "CREATE TABLE film (title text)");
  });

  it("fails with the server's message if the administrator's password is wrong", async () => {
    const [auth] = names();
    const { code, stderr } = await provision(
      here(),
      { [auth]: "hunter2" },
      { adminPassword: "wrong" },
    );
    assert.notEqual(code, 0);
    assert.match(stderr, /password authentication failed for user "postgres"/);
    assert.deepEqual(
      await query(`SELECT FROM pg_roles WHERE rolname = '${auth}'`),
      [],
    );
  });

  it("fails with psql's message if no server answers in time", async () => {
    const [auth] = names();
    const { code, stderr } = await provision(
      elsewhere({ port: 1, tls: "off", certificateAuthority: undefined }),
      { [auth]: "hunter2" },
      { patience: 1 },
    );
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /db\.example\.com.* port 1 failed: Connection refused/,
    );
  });

  it("has no variables in its script that Kubernetes would expand", () => {
    assert.doesNotMatch(provisionScript, /\$\$|\$\([A-Za-z_]\w*\)/);
  });
});
