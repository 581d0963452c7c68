import assert from "node:assert/strict";
import { recorder } from "../../../services/log-shipper/record.ts";
import { kubernetes } from "../../support/log-shipper.ts";

describe("What is shipped of a line", () => {
  const end = { file: "1", offset: 0 };
  const record = (text: string, truncated = false) =>
    recorder(kubernetes)({ text, truncated, size: 0, end });

  const whole: [string, string][] = [
    ["no JSON", "Server started"],
    ["nothing", ""],
    ["spaces", "  "],
    ["half an object", '{"level":"info"'],
    ["an object and more", '{"a":1} {"b":2}'],
    ["an object that ends in a comma", '{"a":1,}'],
    ["a list", '[{"a":1}]'],
    ["a text", '"hello"'],
    ["a number", "42"],
    ["null", "null"],
    ["control characters", "\u0000\u001b[31m\t"],
    ["quotes and backslashes", 'say "\\"'],
    ["half a surrogate pair in JSON", "\ud83d"],
    [
      "an object that is nested too deeply to write it again",
      `{"kubernetes":1,"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
    ],
  ];
  for (const [what, text] of whole)
    it(`that is ${what}: a message`, () => {
      assert.deepEqual(JSON.parse(record(text)), { message: text, kubernetes });
    });

  it("that was cut: how it begins, and that it was", () => {
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
      "an object with numbers that lose digits",
      '{"id":12345678901234567890,"price":1.10}',
      `{"id":12345678901234567890,"price":1.10,${names}}`,
    ],
    [
      "an object with __proto__",
      '{"__proto__":{"a":1}}',
      `{"__proto__":{"a":1},${names}}`,
    ],
    [
      "an object that says where it comes from",
      '{"kubernetes":{"pod_name":"other"},"__proto__":1,"a":1}',
      `{${names},"__proto__":1,"a":1}`,
    ],
  ];
  for (const [what, line, expected] of objects)
    it(`that is ${what}: its own members, and where it comes from`, () => {
      assert.equal(record(line), `${expected}\n`);
    });

  it("never has a newline in it", () => {
    assert.equal(record("\r\u2028\u0085").indexOf("\n"), record("   ").length);
  });
});
