import assert from "node:assert/strict";
import { createPayment } from "../../services/payment/app.ts";
import { problemOf } from "./problem.ts";

const { app } = createPayment();

const send = (body: string, type = "application/json") =>
  app.request("/pay", {
    method: "POST",
    body,
    headers: { "content-type": type },
  });

const pay = (payment: unknown) => send(JSON.stringify(payment));

describe("A payment", () => {
  it("is confirmed with what was paid", async () => {
    const response = await pay({ user_id: "ann", amount: 1299 });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), {
      message: "Payment successful",
      user_id: "ann",
      amount: 1299,
    });
  });

  const good: [string, string, object][] = [
    ["of one cent", '{"user_id":"a","amount":1}', { amount: 1 }],
    [
      "of the most that is exact in JSON",
      '{"user_id":"a","amount":9007199254740991}',
      { amount: 2 ** 53 - 1 },
    ],
    ["of 1e2", '{"user_id":"a","amount":1e2}', { amount: 100 }],
    [
      "by a name of 128 characters",
      JSON.stringify({ user_id: "x".repeat(128), amount: 1 }),
      { user_id: "x".repeat(128) },
    ],
    [
      "by a name with spaces around it",
      '{"user_id":" ann ","amount":1}',
      { user_id: "ann" },
    ],
    [
      "by a name of any script",
      '{"user_id":"Žofie 映画","amount":1}',
      { user_id: "Žofie 映画" },
    ],
  ];
  for (const [what, body, expected] of good)
    it(`${what} is taken`, async () => {
      const response = await send(body);
      assert.equal(response.status, 200);
      assert.partialDeepStrictEqual(await response.json(), expected);
    });

  for (const type of [
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/vnd.marquee+json",
  ])
    it(`as ${type} is taken`, async () => {
      assert.equal(
        (await send('{"user_id":"a","amount":1}', type)).status,
        200,
      );
    });
});

describe("What is no payment is refused with 422 and where it is wrong:", () => {
  const missing = "is missing";
  const wrong: [string, unknown, Record<string, string>][] = [
    ["nothing in it", {}, { "/user_id": missing, "/amount": missing }],
    ["no user_id", { amount: 1 }, { "/user_id": missing }],
    ["no amount", { user_id: "a" }, { "/amount": missing }],
    [
      "null for both",
      { user_id: null, amount: null },
      {
        "/user_id": "Invalid input: expected string, received null",
        "/amount": "Invalid input: expected number, received null",
      },
    ],
    [
      "a number for user_id",
      { user_id: 7, amount: 1 },
      { "/user_id": "Invalid input: expected string, received number" },
    ],
    [
      "a list for user_id",
      { user_id: ["a"], amount: 1 },
      { "/user_id": "Invalid input: expected string, received array" },
    ],
    ...["", "  "].map((user_id): [string, unknown, Record<string, string>] => [
      `user_id ${JSON.stringify(user_id)}`,
      { user_id, amount: 1 },
      { "/user_id": "is empty" },
    ]),
    [
      "user_id of 129 characters",
      { user_id: "x".repeat(129), amount: 1 },
      { "/user_id": "is longer than 128 characters" },
    ],
    ...[0, -1].map((amount): [string, unknown, Record<string, string>] => [
      `amount ${amount}`,
      { user_id: "a", amount },
      { "/amount": "is less than 1" },
    ]),
    [
      "amount 1.5",
      { user_id: "a", amount: 1.5 },
      { "/amount": "is not a whole number" },
    ],
    [
      'amount "100"',
      { user_id: "a", amount: "100" },
      { "/amount": "Invalid input: expected number, received string" },
    ],
    [
      "amount 2^53",
      { user_id: "a", amount: 2 ** 53 },
      { "/amount": "Too big: expected int to be <=9007199254740991" },
    ],
    [
      "amount true",
      { user_id: "a", amount: true },
      { "/amount": "Invalid input: expected number, received boolean" },
    ],
    [
      "fields that it does not have",
      { user_id: "a", amount: 1, currency: "EUR", "a/b~c": 1 },
      { "/currency": "is not expected", "/a~1b~0c": "is not expected" },
    ],
    [
      "a list",
      [{ user_id: "a", amount: 1 }],
      { "": "Invalid input: expected object, received array" },
    ],
    ["null", null, { "": "Invalid input: expected object, received null" }],
    [
      "a text",
      "pay",
      { "": "Invalid input: expected object, received string" },
    ],
  ];
  for (const [what, body, errors] of wrong)
    it(what, async () => {
      const problem = await problemOf(await pay(body), 422);
      const found = problem.errors?.map((e) => [e.pointer, e.detail]) ?? [];
      assert.deepEqual(Object.fromEntries(found), errors);
    });

  it("__proto__", async () => {
    const body = '{"user_id":"a","amount":1,"__proto__":{"admin":true}}';
    const { errors } = await problemOf(await send(body), 422);
    assert.deepEqual(errors, [
      { pointer: "/__proto__", detail: "is not expected" },
    ]);
  });

  it("an amount beyond all numbers", async () => {
    const body = '{"user_id":"a","amount":1e999}';
    const { errors } = await problemOf(await send(body), 422);
    assert.deepEqual(
      errors?.map(({ pointer }) => pointer),
      ["/amount"],
    );
  });

  it("and the detail has it all in a sentence", async () => {
    const { detail } = await problemOf(await pay({ amount: 0 }), 422);
    assert.equal(
      detail,
      "The body is not as expected: user_id: is missing; amount: is less than 1.",
    );
  });
});

describe("What is no JSON is refused:", () => {
  const malformed: [string, string][] = [
    ["nothing", ""],
    ["half an object", '{"user_id":'],
    ["a form", "user_id=a&amount=1"],
    ["JSON with a comma too many", '{"user_id":"a","amount":1,}'],
    ["brackets without end", "[".repeat(60_000)],
  ];
  for (const [what, body] of malformed)
    it(`${what}, with 400`, async () => {
      const { detail } = await problemOf(await send(body), 400);
      assert.match(detail, /JSON/);
    });

  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json-seq",
    "text/json",
  ])
    it(`${type}, with 415`, async () => {
      const { detail } = await problemOf(
        await send('{"user_id":"a","amount":1}', type),
        415,
      );
      assert.equal(
        detail,
        `Send JSON with "content-type: application/json", not "${type}".`,
      );
    });

  it("no body and no type, with 415", async () => {
    const response = await app.request("/pay", { method: "POST" });
    const { detail } = await problemOf(response, 415);
    assert.equal(detail, 'Send JSON with "content-type: application/json".');
  });

  it("more than 64 KiB, with 413", async () => {
    await problemOf(await pay({ user_id: "x".repeat(65_536) }), 413);
  });
});

describe("The address of payments", () => {
  for (const method of ["GET", "PUT", "DELETE"])
    it(`is for POST, not for ${method}`, async () => {
      const response = await app.request("/pay", { method });
      await problemOf(response, 405);
      assert.equal(response.headers.get("allow"), "POST");
    });
});
