import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inspect } from "node:util";
import type { Database, Queries } from "@marquee/runtime";
import { testCards } from "../../../../../services/payment/processors/sandbox/cards.ts";
import {
  createSandbox,
  type Sandbox,
} from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  card,
  refund,
  request,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

describe("A card's number and its code", () => {
  const test = useSandbox();
  /** All that was said to the database. */
  const said: unknown[] = [];
  const errors: unknown[] = [];

  /** Writes down what is said, and does it. */
  function heard(database: Database): Database {
    const hear = (queries: Queries): Queries => ({
      query(text, values = []) {
        said.push(text, ...values);
        return queries.query(text, values);
      },
    });
    return {
      ...hear(database),
      transaction: (work, options) =>
        database.transaction((tx) => work(hear(tx)), options),
      close: () => database.close(),
    };
  }

  /** All that a card can be used for. */
  async function use(sandbox: Sandbox, number: string, cvc: string) {
    const { token } = await sandbox.tokenize(card(number, { cvc }));
    const asked = request({ token });
    const outcome = await sandbox.charge(asked).catch((error) => {
      errors.push(error);
      return sandbox.find(asked.key);
    });
    await sandbox
      .charge({ ...asked, amount: 1n })
      .catch((error) => errors.push(error));
    if (!outcome || outcome.reference === undefined) return;
    const { reference } = outcome;
    await sandbox.findAction(reference);
    await sandbox.authenticate(reference, true);
    await sandbox.refund(refund(reference)).catch((e) => errors.push(e));
    await sandbox.cancel(reference, asked.key);
  }

  before(async () => {
    const sandbox = createSandbox(heard(test.database));
    for (const { number, brand } of testCards) {
      await use(sandbox, number, brand === "amex" ? "8642" : "864");
      for (const wrong of [
        { number: `${number.slice(0, -1)}${9 - Number(number.at(-1))}` },
        { expMonth: 13 },
        { expYear: 1999 },
        { cvc: "86421" },
      ])
        await sandbox
          .tokenize(card(number, wrong))
          .catch((error) => errors.push(error));
    }
  });

  /** As a number may be hidden, and found again: there are too few of them for a hash to hide one. */
  const traces = testCards.flatMap(({ number }) => [
    number,
    number.replace(/(....)(?=.)/g, "$1 "),
    number.slice(0, -1),
    ...["md5", "sha1", "sha256", "sha512"].map((name) =>
      createHash(name).update(number).digest("hex"),
    ),
    Buffer.from(number).toString("base64"),
    Buffer.from(number).toString("hex"),
  ]);

  function assertClean(texts: string[], what: string) {
    assert.ok(texts.length > 0, `there is nothing in ${what}`);
    for (const text of texts)
      for (const trace of traces)
        assert.ok(!text.includes(trace), `${what}: ${trace} in ${text}`);
  }

  it("are in no table", async () => {
    const tables = await test.database.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    assert.ok(tables.length >= 4);
    for (const { name } of tables) {
      const rows = await test.database.query<{ text: string }>(
        `SELECT t::text AS text FROM ${name} t`,
      );
      assertClean(
        rows.map(({ text }) => text),
        name,
      );
    }
  });

  it("are not even said to the database, whose log may have statements", () => {
    assertClean(said.map(String), "a statement");
    for (const value of said)
      assert.ok(!["864", "8642", "86421"].includes(String(value)));
  });

  it("are in no error", () => {
    assert.ok(errors.length > testCards.length);
    assertClean(
      errors.map((error) => inspect(error, { depth: null, showHidden: true })),
      "an error",
    );
  });
});

describe("A charge that goes well", () => {
  const test = useSandbox();

  for (const [what, method] of [
    ["a card somebody typed", undefined],
    ["a token that everybody may use", "pm_card_visa"],
  ])
    it(`takes one statement, with ${what}`, async () => {
      const token =
        method ?? (await test.sandbox.tokenize(card("4242424242424242"))).token;
      let statements = 0;
      const sandbox = createSandbox({
        ...test.database,
        query(text, values) {
          statements += 1;
          return test.database.query(text, values);
        },
      });
      const { status } = await sandbox.charge(request({ token }));
      assert.equal(status, "succeeded");
      assert.equal(statements, 1);
    });
});
