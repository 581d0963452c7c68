import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import {
  type Database,
  DatabaseUnavailableError,
  migrate,
  openDatabase,
} from "@marquee/service-kit";
import {
  findProgress,
  listProgress,
  saveProgress,
} from "../../../../services/streaming/progress/progress.ts";
import { useDatabase } from "../../../support/postgres.ts";

const migrations = join(
  import.meta.dirname,
  "../../../../services/streaming/migrations",
);

describe("Progress storage", () => {
  const url = useDatabase();
  /** Databases of two replicas. */
  let first: Database;
  let second: Database;
  before(async () => {
    const open = () => openDatabase({ DATABASE_URL: url() });
    [first, second] = [open(), open()];
    await Promise.all([first, second].map((each) => migrate(each, migrations)));
  });
  after(() => Promise.all([first.close(), second.close()]));

  const duration = 100;
  const save = (
    userId: string,
    title: string,
    position: number,
    database = first,
  ) => saveProgress(database, { userId, title, position, duration });
  const listed = async (userId: string, limit?: number) =>
    (await listProgress(second, userId, limit)).map(({ title }) => title);

  for (const [position, duration] of [
    [-1, 100],
    [Number.NaN, 100],
    [5, 0],
    [5, -100],
    [5, Number.NaN],
    [5, Infinity],
  ] as const)
    it(`rejects a position of ${position} in ${duration} seconds`, async () => {
      const userId = randomUUID();
      await assert.rejects(
        saveProgress(first, { userId, title: "aurora", position, duration }),
        RangeError,
      );
      assert.deepEqual(await listProgress(first, userId), []);
    });

  it("rejects invalid positions by a database constraint", async () => {
    for (const values of [
      "-1, 100",
      "101, 100",
      "0, 0",
      "'NaN', 100",
      "0, 'NaN'",
      "0, 'Infinity'",
    ])
      await assert.rejects(
        first.query(
          `INSERT INTO progress (user_id, title, position, duration) VALUES ('${randomUUID()}', 'aurora', ${values})`,
        ),
        { code: "23514" },
        values,
      );
  });

  it("returns nothing for a user who never watched", async () => {
    assert.deepEqual(await listProgress(first, randomUUID()), []);
    const never = await findProgress(first, randomUUID(), "aurora");
    assert.equal(never, undefined);
  });

  it("returns a saved position from every replica", async () => {
    const user = randomUUID();
    const before = Date.now() - 60_000;
    await save(user, "aurora", 12.345);
    const expected = { title: "aurora", position: 12.345, duration };
    for (const found of [
      await findProgress(second, user, "aurora"),
      (await listProgress(second, user))[0],
    ]) {
      assert.ok(found);
      const { updatedAt, ...rest } = found;
      assert.deepEqual(rest, { ...expected, finished: false });
      assert.ok(updatedAt.getTime() > before);
    }
  });

  it("returns no positions of other users", async () => {
    await save(randomUUID(), "aurora", 12);
    assert.deepEqual(await listed(randomUUID()), []);
  });

  it("returns the position saved last, even if it is an earlier one", async () => {
    const user = randomUUID();
    await save(user, "aurora", 50, first);
    await save(user, "aurora", 20, second);
    assert.equal((await findProgress(first, user, "aurora"))?.position, 20);
  });

  it("keeps one of several positions saved concurrently", async () => {
    const user = randomUUID();
    const positions = Array.from({ length: 20 }, (_, at) => at + 1);
    await Promise.all(
      positions.map((position) =>
        save(user, "aurora", position, position % 2 ? first : second),
      ),
    );
    const found = await listProgress(first, user);
    assert.equal(found.length, 1);
    assert.ok(positions.includes(found[0]?.position as number));
  });

  it("saves a position and keeps updatedAt after the database's clock was put back", async () => {
    const user = randomUUID();
    await save(user, "aurora", 5);
    await first.query(
      "UPDATE progress SET updated_at = now() + interval '1 hour' WHERE user_id = $1",
      [user],
    );
    const ahead = (await findProgress(first, user, "aurora"))?.updatedAt;
    await save(user, "aurora", 6);
    const found = await findProgress(first, user, "aurora");
    assert.equal(found?.position, 6);
    assert.deepEqual(found?.updatedAt, ahead);
  });

  it("limits the position to the duration and marks the title as finished", async () => {
    const user = randomUUID();
    await save(user, "aurora", 100.2);
    const found = await findProgress(first, user, "aurora");
    assert.equal(found?.position, 100);
    assert.equal(found?.finished, true);
  });

  it("lists titles from their beginning until only credits are left, the latest first", async () => {
    const user = randomUUID();
    for (const [title, position] of [
      ["opened", 0],
      ["begun", 0.1],
      ["almost", 94.9],
      ["seen", 95],
      ["done", 100],
    ] as const)
      await save(user, title, position);
    assert.deepEqual(await listed(user), ["almost", "begun"]);
    await save(user, "begun", 3);
    assert.deepEqual(await listed(user), ["begun", "almost"]);
    assert.deepEqual(await listed(user, 1), ["begun"]);
    await save(user, "begun", 99);
    assert.deepEqual(await listed(user), ["almost"]);
    await save(user, "seen", 10);
    assert.deepEqual(await listed(user), ["seen", "almost"]);
  });

  it("lists twenty titles at most, unless given a higher limit", async () => {
    const user = randomUUID();
    for (let at = 0; at < 25; at++) await save(user, `title-${at}`, 5);
    assert.equal((await listed(user)).length, 20);
    assert.equal((await listed(user, 100)).length, 25);
  });

  it("reads by the primary key, and indexes no column that an update changes", async () => {
    const user = randomUUID();
    await save(user, "aurora", 5);
    await first.query(
      `INSERT INTO progress (user_id, title, position, duration)
       SELECT gen_random_uuid(), 'aurora', 5, 100 FROM generate_series(1, 20000)`,
    );
    await first.query("ANALYZE progress");
    let plan = "";
    await listProgress(
      {
        async query<Row>(text: string, values?: readonly unknown[]) {
          plan = JSON.stringify(await first.query(`EXPLAIN ${text}`, values));
          return [] as Row[];
        },
      },
      user,
    );
    assert.match(plan, /progress_pkey/);
    assert.doesNotMatch(plan, /Seq Scan/);
    const indexes = await first.query<{ indexdef: string }>(
      "SELECT indexdef FROM pg_indexes WHERE tablename = 'progress'",
    );
    for (const { indexdef } of indexes)
      assert.doesNotMatch(indexdef, /updated_at|position/);
  });

  it("fails with DatabaseUnavailableError while the database is unreachable", async () => {
    const nowhere = openDatabase({
      DATABASE_URL: "postgres://nobody:x@127.0.0.1:1/nothing",
    });
    const user = randomUUID();
    await assert.rejects(
      save(user, "aurora", 5, nowhere),
      DatabaseUnavailableError,
    );
    await assert.rejects(listProgress(nowhere, user), DatabaseUnavailableError);
    await nowhere.close();
  });
});
