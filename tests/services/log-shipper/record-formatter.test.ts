import assert from "node:assert/strict";
import { createRecordFormatter } from "../../../services/log-shipper/record-formatter.ts";
import { kubernetes } from "../../support/log-shipper.ts";

describe("createRecordFormatter", () => {
  const end = { file: "1", offset: 0 };
  const record = (text: string, truncated = false) =>
    createRecordFormatter(kubernetes)({ text, truncated, bytes: 0, end });

  const whole: [string, string][] = [
    ["plain text", "Server started"],
    ["an empty line", ""],
    ["a line of spaces", "  "],
    ["half an object", '{"level":"info"'],
    ["two objects in one line", '{"a":1} {"b":2}'],
    ["an object with a trailing comma", '{"a":1,}'],
    ["an array", '[{"a":1}]'],
    ["a JSON string", '"hello"'],
    ["a number", "42"],
    ["null", "null"],
    ["control characters", "\u0000\u001b[31m\t"],
    ["quotes and backslashes", 'say "\\"'],
    ["a lone surrogate", "\ud83d"],
    [
      "an object nested too deeply to serialize",
      `{"kubernetes":1,"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
    ],
  ];
  for (const [what, text] of whole)
    it(`records ${what} as a message`, () => {
      assert.deepEqual(JSON.parse(record(text)), { message: text, kubernetes });
    });

  it("records a truncated line as a message marked as truncated", () => {
    assert.deepEqual(JSON.parse(record('{"a":1}', true)), {
      message: '{"a":1}',
      truncated: true,
      kubernetes,
    });
  });

  const names = `"kubernetes":${JSON.stringify(kubernetes)}`;
  const objects: [string, string, string][] = [
    ["an object", '{"a":{"b":[1]}}', `{"a":{"b":[1]},${names}}`],
    ["an empty object", "{ }", `{ ${names}}`],
    ["an object with spaces around it", ' {"a":1} \r', ` {"a":1,${names}}`],
    [
      "an object with numbers that JSON.parse would round",
      '{"id":12345678901234567890,"price":1.10}',
      `{"id":12345678901234567890,"price":1.10,${names}}`,
    ],
    [
      "an object with a __proto__ member",
      '{"__proto__":{"a":1}}',
      `{"__proto__":{"a":1},${names}}`,
    ],
    [
      "an object whose own kubernetes member it replaces",
      '{"kubernetes":{"pod_name":"other"},"__proto__":1,"a":1}',
      `{${names},"__proto__":1,"a":1}`,
    ],
  ];
  for (const [what, line, expected] of objects)
    it(`adds the pod's metadata to ${what}`, () => {
      assert.equal(record(line), `${expected}\n`);
    });

  it("contains no newline except the one at its end", () => {
    assert.equal(record("\r\u2028\u0085").indexOf("\n"), record("   ").length);
  });
});
