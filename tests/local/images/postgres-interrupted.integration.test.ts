import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { docker, ok } from "../../support/components/containers.ts";
import {
  useServers,
  withPassword,
  withScripts,
} from "../../support/components/servers.ts";
import { useFolders } from "../../support/folders.ts";
import { until } from "../../support/until.ts";

describe("Local image of PostgreSQL: interruptions", function () {
  this.timeout("10m");
  const { answer, answers, begin, ended, untilLogged, serve } = useServers();
  const useFolder = useFolders();

  /** A folder of scripts that everybody may read. */
  const scripts = (files: Record<string, string>) => {
    const folder = useFolder(files);
    chmodSync(folder, 0o755);
    return folder;
  };
  const table = "CREATE TABLE film AS SELECT 'made' AS title;";
  const again = async (server: string) => {
    await ok(["start", server]);
    await answers(server);
  };

  describe("first start", () => {
    it("begins anew after a kill in initdb", async () => {
      const server = await begin(withPassword);
      await untilLogged(server, "running bootstrap script");
      await ok(["kill", server]);
      await again(server);
      assert.equal(await answer(server, "SELECT 1"), "1");
    });

    it("begins anew after a kill in a script", async () => {
      const folder = scripts({
        "1.sql": table,
        "2.sql": "SELECT 'asleep', pg_sleep(60);",
      });
      const server = await begin([...withPassword, ...withScripts(folder)]);
      await untilLogged(server, "2.sql");
      await ok(["kill", server]);
      writeFileSync(join(folder, "2.sql"), "INSERT INTO film VALUES ('more')");
      await again(server);
      assert.equal(await answer(server, "TABLE film"), "made\nmore");
    });

    for (const [what, file, broken, right] of [
      [
        "begins anew after a script that fails",
        "2.sql",
        "nonsense;",
        "SELECT 1;",
      ],
      [
        "begins anew after a script that can't be unpacked",
        "2.sql.gz",
        gzipSync("INSERT INTO film VALUES ('half');").subarray(0, -4),
        gzipSync("SELECT 1;"),
      ],
      ["begins anew after a script in an unknown format", "2.sql.xz", "", ""],
    ] as const)
      it(what, async () => {
        const folder = scripts({ "1.sql": table });
        writeFileSync(join(folder, file), broken);
        const server = await begin([...withPassword, ...withScripts(folder)]);
        assert.notEqual(await ended(server), 0);
        if (right) writeFileSync(join(folder, file), right);
        else rmSync(join(folder, file));
        await again(server);
        assert.equal(await answer(server, "TABLE film"), "made");
      });
  });

  it("resumes after an interruption while the new data are moved into place", async () => {
    const folder = scripts({ "1.sql": table });
    // Ends the start between two steps, like a kill at that moment.
    const tools = scripts({
      interrupt: "",
      mv: `#!/bin/bash
        if [ -e /tools/interrupt ] && [ "$(basename "$1")" = pg_wal ]; then exit 9; fi
        exec /usr/bin/mv "$@"`,
    });
    chmodSync(join(tools, "mv"), 0o755);
    const server = await begin([
      ...withPassword,
      ...withScripts(folder),
      ...["--volume", `${tools}:/tools:ro`],
      ...[
        "--env",
        "PATH=/tools:/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/bin:/usr/sbin",
      ],
    ]);
    assert.equal(await ended(server), 9);
    rmSync(join(tools, "interrupt"));
    rmSync(join(folder, "1.sql"));
    await again(server);
    assert.equal(await answer(server, "TABLE film"), "made");
    assert.equal(
      await ok(["exec", server, "sh", "-c", "ls -d $PGDATA/.[a-z]* || true"]),
      "",
    );
  });

  it("keeps committed data after a SIGKILL", async () => {
    const server = await serve(withPassword);
    await answer(server, table);
    await ok(["kill", "--signal", "KILL", server]);
    await again(server);
    assert.equal(await answer(server, "TABLE film"), "made");
  });

  it("shuts down cleanly on SIGTERM while a client is connected", async () => {
    const server = await serve(withPassword);
    const client = answer(server, "SELECT 'asleep', pg_sleep(3600)");
    const connected = async () =>
      (await answer(
        server,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
      )) === "1";
    await until(connected);
    await ok(["stop", "-t", "50", server]);
    assert.match(await client, /terminating connection/);
    assert.equal(await ended(server), 0);
    const { stderr } = await docker(["logs", server]);
    assert.match(stderr, /database system is shut down\n$/);
  });
});
