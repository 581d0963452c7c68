import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { docker, ok } from "../../support/components/containers.ts";
import {
  useServers,
  withPassword,
  withScripts,
} from "../../support/components/servers.ts";
import { useFolders } from "../../support/folders.ts";

const data = "/var/lib/postgresql/data";

describe("Local image of PostgreSQL", () => {
  const { answer, answers, run, serve } = useServers();
  const useFolder = useFolders();

  describe("invalid settings", () => {
    it("requires a password", async () => {
      const { code, stderr } = await run([]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        "docker-entrypoint: POSTGRES_PASSWORD is empty or not set: the first start needs the superuser's password (or POSTGRES_HOST_AUTH_METHOD=trust, which needs no passwords).\n",
      );
    });

    for (const name of ["PASSWORD", "USER", "DB", "INITDB_ARGS"])
      it(`rejects POSTGRES_${name} together with POSTGRES_${name}_FILE`, async () => {
        const { code, stderr } = await run([
          ...withPassword,
          ...["--env", `POSTGRES_${name}=x`],
          ...["--env", `POSTGRES_${name}_FILE=/etc/passwd`],
        ]);
        assert.equal(code, 1);
        assert.equal(
          stderr,
          `docker-entrypoint: POSTGRES_${name} and POSTGRES_${name}_FILE are both set; set only one of them.\n`,
        );
      });

    it("rejects a missing password file", async () => {
      const { code, stderr } = await run([
        ...["--env", "POSTGRES_PASSWORD_FILE=/run/secrets/none"],
      ]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        "docker-entrypoint: POSTGRES_PASSWORD_FILE is /run/secrets/none, which is not a readable file.\n",
      );
    });

    it("rejects a data folder with other files, and leaves it unchanged", async () => {
      const mine = useFolder({ "pg_hba.conf": "mine" });
      const mount = ["--volume", `${mine}:${data}`];
      const { code, stderr } = await run([...withPassword, ...mount]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        `docker-entrypoint: ${data} has pg_hba.conf in it and no PG_VERSION: it is neither empty nor a PostgreSQL data folder, and was not changed.\n`,
      );
      assert.equal(
        (await run(mount, "ls", "-A", data)).stdout.trim(),
        "pg_hba.conf",
      );
    });
  });

  it("uses the given user, password, database and arguments of initdb, also from files", async () => {
    const secrets = useFolder({
      password: "-n from a file\n",
      args: "--data-checksums --locale 'C' --auth-local=scram-sha-256\n",
    });
    chmodSync(secrets, 0o755);
    const server = await serve([
      ...["--volume", `${secrets}:/run/secrets:ro`],
      ...["--env", "POSTGRES_PASSWORD_FILE=/run/secrets/password"],
      ...["--env", "POSTGRES_INITDB_ARGS_FILE=/run/secrets/args"],
      ...["--env", "POSTGRES_USER=ada", "--env", 'POSTGRES_DB=my "films"'],
    ]);
    const ada = {
      user: "ada",
      database: 'my "films"',
      password: "-n from a file",
    };
    assert.equal(
      await answer(
        server,
        "SELECT current_user, rolsuper, current_setting('data_checksums'), datcollate FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()",
        ada,
      ),
      "ada|t|on|C",
    );
    assert.match(
      await answer(server, "SELECT 1", { ...ada, password: "wrong" }),
      /password authentication failed/,
    );
  });

  it("names the database after the user by default, and needs no password with POSTGRES_HOST_AUTH_METHOD=trust", async () => {
    const server = await serve([
      ...["--env", "POSTGRES_USER=ada"],
      ...["--env", "POSTGRES_HOST_AUTH_METHOD=trust"],
    ]);
    assert.equal(
      await answer(server, "SELECT current_database()", {
        user: "ada",
        password: "",
      }),
      "ada",
    );
  });

  it("runs the scripts in /docker-entrypoint-initdb.d once, in order", async () => {
    const folder = useFolder({
      "1-table.sql": "CREATE TABLE film (title text);",
      "3-run.sh":
        '#!/bin/bash\npsql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c "INSERT INTO film VALUES (\'run\')"\n',
      "4-sourced.sh": `docker_process_sql <<<"INSERT INTO film VALUES ('sourced$unknown')"`,
      "README.md": "not to be run",
    });
    const packed = gzipSync("INSERT INTO film VALUES ('packed');");
    writeFileSync(join(folder, "2-packed.sql.gz"), packed);
    chmodSync(join(folder, "3-run.sh"), 0o755);
    chmodSync(folder, 0o755);
    const server = await serve([
      ...withPassword,
      ...["--env", "POSTGRES_USER=ada", "--env", "POSTGRES_DB=films"],
      ...withScripts(folder),
    ]);
    const films = { user: "ada", database: "films" };
    const all = () => answer(server, "TABLE film", films);
    assert.equal(await all(), "packed\nrun\nsourced");
    const { stdout } = await docker(["logs", server]);
    assert.match(stdout, /initdb\.d\/README\.md is ignored/);
    await ok(["restart", server]);
    await answers(server);
    assert.equal(await all(), "packed\nrun\nsourced");
  });

  it("passes arguments to the server from its first start on", async () => {
    const folder = useFolder({
      "1.sql": "CREATE TABLE first AS SELECT current_setting('work_mem');",
    });
    chmodSync(folder, 0o755);
    const server = await serve(
      [...withPassword, ...withScripts(folder)],
      ...["-c", "max_connections=50", "-c", "work_mem=5MB"],
    );
    assert.equal(await answer(server, "SHOW max_connections"), "50");
    assert.equal(await answer(server, "TABLE first"), "5MB");
  });

  for (const command of [
    ["psql", "--version"],
    ["postgres", "--version"],
    ["-V"],
    ["sh", "-c", "echo PostgreSQL 17"],
  ])
    it(`runs ${command.join(" ")} without a data folder`, async () => {
      const { code, stdout, stderr } = await run([], ...command);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /PostgreSQL\)? 17/);
    });
});
