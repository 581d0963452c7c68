import assert from "node:assert/strict";
import { migrate } from "../../../../packages/service-kit/index.ts";
import { write } from "../../../support/folders.ts";
import { useMigrations } from "../../../support/service-kit/migrations.ts";

const actors = "CREATE TABLE actors (name text);\n";

describe("migrate: CRLF line ends", () => {
  const test = useMigrations();
  const { folder, applied, failure } = test;

  const quote = "CREATE TABLE quotes AS SELECT 'two\nlines' AS text;\n";
  const crlf = (text: string) => text.replaceAll("\n", "\r\n");
  const checksums = () =>
    test.database.query<{ name: string; sha256: string }>(
      "SELECT name, sha256 FROM migrations ORDER BY name",
    );

  it("does not reapply a migration with CRLF that was applied with LF", async () => {
    const path = folder({ "0001-quotes.sql": quote });
    await migrate(test.database, path);
    const before = await checksums();
    write(path, { "0001-quotes.sql": crlf(quote) });
    await migrate(test.database, path);
    assert.deepEqual(await checksums(), before);
    write(path, { "0002-actors.sql": crlf(actors) });
    await migrate(test.database, path);
    assert.deepEqual(await applied(), ["0001-quotes.sql", "0002-actors.sql"]);
  });

  it("applies a migration with CRLF like one with LF, and does not reapply it with LF", async () => {
    const path = folder({ "0001-quotes.sql": crlf(quote) });
    await migrate(test.database, path);
    assert.deepEqual(await test.database.query("TABLE quotes"), [
      { text: "two\nlines" },
    ]);
    write(path, { "0001-quotes.sql": quote });
    await migrate(test.database, path);
    assert.deepEqual(await applied(), ["0001-quotes.sql"]);
  });

  it("does not reapply a migration whose stored checksum is that of the CRLF file", async () => {
    const path = folder({ "0001-quotes.sql": quote });
    await migrate(test.database, path);
    await test.database.query(
      "UPDATE migrations SET sha256 = encode(sha256($1::bytea), 'hex')",
      [Buffer.from(crlf(quote))],
    );
    await migrate(test.database, path);
    assert.deepEqual(await applied(), ["0001-quotes.sql"]);
  });

  it("rejects a migration with CRLF that was changed after it was applied", async () => {
    const path = folder({ "0001-quotes.sql": crlf(quote) });
    await migrate(test.database, path);
    write(path, { "0001-quotes.sql": crlf(`${quote}-- later\n`) });
    assert.match(await failure(path), /^…\/0001-quotes\.sql was changed after/);
  });
});
