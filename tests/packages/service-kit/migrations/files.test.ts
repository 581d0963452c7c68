import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  MigrationError,
  readMigrations,
} from "../../../../packages/service-kit/database/migration-files.ts";
import { useFolders } from "../../../support/folders.ts";

const films = "CREATE TABLE films (title text UNIQUE);\n";
const actors = "CREATE TABLE actors (name text);\n";

describe("readMigrations", () => {
  const folder = useFolders();

  /** The error without the folder's path. */
  function errorOf(path: string): string {
    try {
      readMigrations(path);
    } catch (error) {
      assert.ok(error instanceof MigrationError);
      return error.message.replaceAll(path, "…");
    }
    return "";
  }

  it("returns migrations in the order of their numbers", () => {
    const path = folder({ "0002-actors.sql": actors, "0001-films.sql": films });
    assert.deepEqual(
      readMigrations(path).map(({ name, sql }) => [name, sql]),
      [
        ["0001-films.sql", films],
        ["0002-actors.sql", actors],
      ],
    );
  });

  it("reads files with CRLF line ends like files with LF", () => {
    const lf = { "0001-films.sql": films, "0002-actors.sql": actors };
    const crlf = {
      "0001-films.sql": films.replaceAll("\n", "\r\n"),
      "0002-actors.sql": actors.replaceAll("\n", "\r\n"),
    };
    const read = (files: Record<string, string>) =>
      readMigrations(folder(files)).map(({ path, ...rest }) => rest);
    assert.deepEqual(read(crlf), read(lf));
    assert.deepEqual(read(lf)[0], {
      name: "0001-films.sql",
      sql: films,
      sha256:
        "300586f155d38d0cd89a3dd4a3a8459249fbaa733ced306a886db9d99032e25a",
    });
  });

  it("computes checksums of the services' migrations with LF line ends", () => {
    for (const service of ["auth", "payment", "streaming"])
      for (const { path, sha256 } of readMigrations(
        join(
          import.meta.dirname,
          "../../../../services",
          service,
          "migrations",
        ),
      ))
        assert.equal(
          sha256,
          createHash("sha256")
            .update(
              readFileSync(path, "latin1").replaceAll("\r\n", "\n"),
              "latin1",
            )
            .digest("hex"),
          path,
        );
  });

  it("accepts transaction keywords in comments, strings and function bodies", () => {
    const sql = `/* ROLLBACK; */ -- ; COMMIT
      SELECT '; COMMIT', "; BEGIN" FROM a; DO $a$ BEGIN COMMIT; END $a$;
      CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;`;
    assert.equal(errorOf(folder({ "0001-films.sql": sql })), "");
  });

  const wrong: [string, Record<string, string>, string][] = [
    ["without migrations", {}, "… has no migrations."],
    [
      "with another file",
      { "0001-films.sql": films, "README.md": "" },
      "…/README.md is not a migration: the folder may contain only files with names such as 0001-accounts.sql.",
    ],
    [
      "with a gap in the numbers",
      { "0001-films.sql": films, "0003-actors.sql": actors },
      "…/0003-actors.sql should have the number 0002: migrations are numbered from 0001 on, without gaps, each number once.",
    ],
    [
      "with a duplicate number",
      { "0001-films.sql": films, "0001-actors.sql": actors },
      "…/0001-films.sql should have the number 0002: migrations are numbered from 0001 on, without gaps, each number once.",
    ],
    ...["COMMIT", "ROLLBACK", "BEGIN"].map(
      (word): [string, Record<string, string>, string] => [
        `with a ${word} statement`,
        { "0001-films.sql": films, "0002-actors.sql": `${actors}${word};` },
        `…/0002-actors.sql has a statement ${word}: each migration already runs in a transaction of its own. Remove that statement.`,
      ],
    ),
  ];
  for (const [what, files, message] of wrong)
    it(`rejects a folder ${what}`, () => {
      assert.equal(errorOf(folder(files)), message);
    });

  it("rejects a folder that does not exist", () => {
    assert.match(
      errorOf(join(folder(), "nowhere")),
      /^The migrations can't be read: ENOENT: no such file or directory/,
    );
  });
});
