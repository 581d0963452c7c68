import assert from "node:assert/strict";
import { parseRange, type Range } from "../../services/streaming/range.ts";

const whole: Range = { kind: "whole" };
const nothing: Range = { kind: "unsatisfiable" };
const part = (start: number, end: number): Range => ({
  kind: "part",
  start,
  end,
});

/** What each Range header asks of a file of 1000 bytes. */
const asked: Record<string, [string | undefined, Range][]> = {
  "a part": [
    ["bytes=0-0", part(0, 0)],
    ["bytes=0-499", part(0, 499)],
    ["bytes=500-999", part(500, 999)],
    ["bytes=999-999", part(999, 999)],
    ["bytes=0-", part(0, 999)],
    ["bytes=999-", part(999, 999)],
    ["bytes=-1", part(999, 999)],
    ["bytes=-500", part(500, 999)],
    ["bytes=007-010", part(7, 10)],
    ["BYTES=0-9", part(0, 9)],
    ["bytes= 0-9", part(0, 9)],
    ["bytes=\t0-9 ", part(0, 9)],
  ],
  "a part that is cut at the end": [
    ["bytes=0-1000", part(0, 999)],
    ["bytes=990-5000", part(990, 999)],
    ["bytes=-1000", part(0, 999)],
    ["bytes=-1001", part(0, 999)],
    [`bytes=0-${"9".repeat(400)}`, part(0, 999)],
    [`bytes=-${"9".repeat(400)}`, part(0, 999)],
  ],
  "what it does not have": [
    ["bytes=1000-", nothing],
    ["bytes=1000-1000", nothing],
    ["bytes=5000-6000", nothing],
    ["bytes=-0", nothing],
    [`bytes=${"9".repeat(400)}-`, nothing],
    ["bytes=9007199254740993-9007199254740993", nothing],
  ],
  "no range that is served in parts": [
    [undefined, whole],
    ["", whole],
    ["bytes", whole],
    ["bytes=", whole],
    ["bytes=-", whole],
    ["bytes=5", whole],
    ["bytes=9-0", whole],
    ["bytes=0-9,20-29", whole],
    ["bytes=0-9, -5", whole],
    ["bytes=a-b", whole],
    ["bytes=0x0-0x9", whole],
    ["bytes=1.5-2", whole],
    ["bytes=1e2-", whole],
    ["bytes=+1-9", whole],
    ["bytes=--5", whole],
    ["bytes=0-9-", whole],
    ["bytes=0 - 9", whole],
    ["bytes =0-9", whole],
    ["bytes:0-9", whole],
    ["items=0-9", whole],
    ["0-9", whole],
    ["bytes=٠-٩", whole],
    ["bytes=0-9\n", whole],
  ],
};

for (const [what, ranges] of Object.entries(asked))
  describe(`Of 1000 bytes, ${what} is asked for by`, () => {
    for (const [header, range] of ranges)
      it(JSON.stringify(header?.replace(/9{99,}/, "9…9")) ?? "nothing", () => {
        assert.deepEqual(parseRange(header, 1000), range);
      });
  });

describe("Of one byte", () => {
  it("bytes=0- is all", () => {
    assert.deepEqual(parseRange("bytes=0-", 1), part(0, 0));
  });

  it("bytes=1- is nothing", () => {
    assert.deepEqual(parseRange("bytes=1-", 1), nothing);
  });
});
