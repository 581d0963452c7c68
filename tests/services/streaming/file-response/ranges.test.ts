import assert from "node:assert/strict";
import {
  parseRanges,
  type Ranges,
} from "../../../../services/streaming/file-response/ranges.ts";

const whole: Ranges = { kind: "whole" };
const nothing: Ranges = { kind: "unsatisfiable" };
const parts = (...all: [number, number][]): Ranges => ({
  kind: "parts",
  parts: all.map(([start, end]) => ({ start, end })),
});
const nines = "9".repeat(400);

/** Range headers, and the ranges they select in a file of 1000 bytes. */
const rangeTests: Record<string, [string | undefined, Ranges][]> = {
  "headers that request no valid range": [
    [undefined, whole],
    ["", whole],
    ["bytes", whole],
    ["bytes=", whole],
    ["bytes=-", whole],
    ["bytes=,", whole],
    ["bytes=5", whole],
    ["bytes=9-0", whole],
    ["bytes=0-9,9-0", whole],
    ["bytes=0-9,x", whole],
    ["bytes=0-9;20-29", whole],
    ["bytes=0-9 20-29", whole],
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
    [`bytes=${nines}-1`, whole],
  ],
  "ranges outside the file": [
    ["bytes=1000-", nothing],
    ["bytes=1000-1000", nothing],
    ["bytes=5000-6000", nothing],
    ["bytes=-0", nothing],
    ["bytes=-000", nothing],
    ["bytes=1000-,-0, 2000-3000", nothing],
    [`bytes=${nines}-`, nothing],
    ["bytes=9007199254740993-9007199254740993", nothing],
    ["bytes=9007199254740993-9007199254740994", nothing],
  ],
  "a single range": [
    ["bytes=0-0", parts([0, 0])],
    ["bytes=0-499", parts([0, 499])],
    ["bytes=500-999", parts([500, 999])],
    ["bytes=999-999", parts([999, 999])],
    ["bytes=0-", parts([0, 999])],
    ["bytes=999-", parts([999, 999])],
    ["bytes=-1", parts([999, 999])],
    ["bytes=-500", parts([500, 999])],
    ["bytes=007-010", parts([7, 10])],
    ["BYTES=0-9", parts([0, 9])],
    ["bytes= 0-9", parts([0, 9])],
    ["bytes=\t0-9 ", parts([0, 9])],
    ["bytes=,0-9,,", parts([0, 9])],
  ],
  "a range that ends after the file": [
    ["bytes=0-1000", parts([0, 999])],
    ["bytes=990-5000", parts([990, 999])],
    ["bytes=-1000", parts([0, 999])],
    ["bytes=-1001", parts([0, 999])],
    [`bytes=0-${nines}`, parts([0, 999])],
    [`bytes=-${nines}`, parts([0, 999])],
  ],
  "several ranges": [
    ["bytes=0-9,200-209", parts([0, 9], [200, 209])],
    ["bytes=0-9 , 200-209", parts([0, 9], [200, 209])],
    ["bytes=200-209,0-9", parts([200, 209], [0, 9])],
    ["bytes=0-9,-10", parts([0, 9], [990, 999])],
    ["bytes=0-9,500-", parts([0, 9], [500, 999])],
    ["bytes=0-9,5000-,-1", parts([0, 9], [999, 999])],
    ["bytes=0-0,90-90", parts([0, 0], [90, 90])],
  ],
  "ranges joined because they overlap or are closer than a part's own headers are long":
    [
      ["bytes=0-9,10-19", parts([0, 19])],
      ["bytes=10-19,0-9", parts([0, 19])],
      ["bytes=0-9,5-14", parts([0, 14])],
      ["bytes=0-9,0-9", parts([0, 9])],
      ["bytes=0-9,89-99", parts([0, 99])],
      ["bytes=500-509,0-9,505-600", parts([500, 600], [0, 9])],
      ["bytes=0-9,200-209,9-200", parts([0, 209])],
    ],
  "a single satisfiable range among several": [
    ["bytes=0-9,5000-", parts([0, 9])],
    ["bytes=-0,990-", parts([990, 999])],
  ],
  "more ranges than allowed, or more bytes than the file has": [
    ["bytes=0-,0-", whole],
    ["bytes=0-999,0-0", whole],
    ["bytes=-600,-600", whole],
    [`bytes=${"0-0,".repeat(200)}500-`, whole],
    [
      `bytes=${Array.from({ length: 9 }, (_, i) => `${i * 100}-${i * 100}`)}`,
      whole,
    ],
  ],
};

for (const [what, ranges] of Object.entries(rangeTests))
  describe(`parseRanges: ${what}`, () => {
    for (const [header, range] of ranges)
      it(`parses ${JSON.stringify(header?.replace(/9{99,}/, "9…9").slice(0, 60)) ?? "a missing header"} as ${range.kind}`, () => {
        assert.deepEqual(parseRanges(header, 1000), range);
      });
  });

describe("parseRanges: limits", () => {
  it("accepts eight ranges", () => {
    const header = Array.from({ length: 8 }, (_, i) => `${i * 100}-${i * 100}`);
    assert.deepEqual(
      parseRanges(`bytes=${header}`, 1000),
      parts(...header.map((_, i): [number, number] => [i * 100, i * 100])),
    );
  });

  it("selects the only byte of a file of one byte", () => {
    assert.deepEqual(parseRanges("bytes=0-", 1), parts([0, 0]));
    assert.deepEqual(parseRanges("bytes=-1", 1), parts([0, 0]));
    assert.deepEqual(parseRanges("bytes=1-", 1), nothing);
  });

  it("finds no first byte in an empty file, and returns it whole for a suffix", () => {
    assert.deepEqual(parseRanges("bytes=0-", 0), nothing);
    assert.deepEqual(parseRanges("bytes=-0", 0), nothing);
    assert.deepEqual(parseRanges("bytes=-5", 0), whole);
  });

  it("parses a million repetitions before the test times out", () => {
    // In quadratic time, a million repetitions would exceed the test's timeout.
    for (const specs of [
      "0-0,".repeat(1_000_000),
      `0-${" ".repeat(1_000_000)}`,
    ])
      assert.deepEqual(parseRanges(`bytes=${specs}x`, 1000), whole);
  });
});
