import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inspect } from "node:util";
import type { Database, Queries } from "@marquee/service-kit";
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

describe("Sandbox: secrecy of card numbers and codes", () => {
  const test = useSandbox();
  /** All statements and values sent to the database. */
  const statements: unknown[] = [];
  const errors: unknown[] = [];

  /** Records each statement, and runs it. */
  function recorded(database: Database): Database {
    const hear = (queries: Queries): Queries => ({
      query(text, values = []) {
        statements.push(text, ...values);
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

  /** Uses the card in every operation. */
  async function use(sandbox: Sandbox, number: string, cvc: string) {
    const { token } = await sandbox.tokenize(card(number, { cvc }));
    const sentRequest = request({ token });
    const outcome = await sandbox.charge(sentRequest).catch((error) => {
      errors.push(error);
      return sandbox.find(sentRequest.key);
    });
    await sandbox
      .charge({ ...sentRequest, amount: 1n })
      .catch((error) => errors.push(error));
    if (!outcome || outcome.reference === undefined) return;
    const { reference } = outcome;
    await sandbox.findAction(reference);
    await sandbox.authenticate(reference, true);
    await sandbox.refund(refund(reference)).catch((e) => errors.push(e));
    await sandbox.cancel(reference, sentRequest.key);
  }

  before(async () => {
    const sandbox = createSandbox(recorded(test.database));
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

  /** Encodings of the numbers, including hashes: card numbers are too few for a hash to hide one. */
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
    assert.ok(texts.length > 0, `nothing to search in ${what}`);
    for (const text of texts)
      for (const trace of traces)
        assert.ok(!text.includes(trace), `${what}: ${trace} in ${text}`);
  }

  it("stores no card number in any table", async () => {
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

  it("sends no card number or code to the database, which may log statements", () => {
    assertClean(statements.map(String), "a statement");
    for (const value of statements)
      assert.ok(!["864", "8642", "86421"].includes(String(value)));
  });

  it("puts no card number into an error", () => {
    assert.ok(errors.length > testCards.length);
    assertClean(
      errors.map((error) => inspect(error, { depth: null, showHidden: true })),
      "an error",
    );
  });
});

describe("Sandbox: successful charge", () => {
  const test = useSandbox();

  for (const [what, method] of [
    ["a typed card", undefined],
    ["a shared test token", "pm_card_visa"],
  ])
    it(`takes one statement with ${what}`, async () => {
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
