import assert from "node:assert/strict";
import {
  type Conditions,
  judge,
  partStillFits,
} from "../../../../services/streaming/delivery/conditions.ts";
import { parseDate } from "../../../../services/streaming/delivery/http-date.ts";

const modified = new Date("2026-03-01T12:00:00Z");
const current = { etag: '"one,two"', modified };
const [earlier, same, later] = [-1000, 0, 1000].map((ms) =>
  new Date(modified.getTime() + ms).toUTCString(),
) as [string, string, string];

const cases: [string, Conditions, ReturnType<typeof judge>][] = [
  ["nothing", {}, "proceed"],

  ["If-Match: its tag", { ifMatch: '"one,two"' }, "proceed"],
  ["If-Match: *", { ifMatch: "*" }, "proceed"],
  ["If-Match: a list with it", { ifMatch: '"a", "one,two"' }, "proceed"],
  ["If-Match: another", { ifMatch: '"a"' }, "failed"],
  ["If-Match: its tag as a weak one", { ifMatch: 'W/"one,two"' }, "failed"],
  ["If-Match: half of it", { ifMatch: '"one' }, "failed"],
  ["If-Match: without quotes", { ifMatch: "one,two" }, "failed"],
  ["If-Match: empty", { ifMatch: "" }, "failed"],
  ["If-Match: * in a list", { ifMatch: '*, "a"' }, "failed"],
  ["If-Match: what is broken after it", { ifMatch: '"one,two" x' }, "failed"],

  ["If-Unmodified-Since: its date", { ifUnmodifiedSince: same }, "proceed"],
  ["If-Unmodified-Since: later", { ifUnmodifiedSince: later }, "proceed"],
  ["If-Unmodified-Since: earlier", { ifUnmodifiedSince: earlier }, "failed"],
  ["If-Unmodified-Since: no date", { ifUnmodifiedSince: "soon" }, "proceed"],
  [
    "If-Match before If-Unmodified-Since",
    { ifMatch: '"one,two"', ifUnmodifiedSince: earlier },
    "proceed",
  ],
  [
    "If-Match that fails before If-Unmodified-Since",
    { ifMatch: '"a"', ifUnmodifiedSince: later },
    "failed",
  ],
  [
    "If-Match that fails before If-None-Match",
    { ifMatch: '"a"', ifNoneMatch: '"one,two"' },
    "failed",
  ],

  ["If-None-Match: its tag", { ifNoneMatch: '"one,two"' }, "not modified"],
  ["If-None-Match: weak", { ifNoneMatch: 'W/"one,two"' }, "not modified"],
  ["If-None-Match: *", { ifNoneMatch: "*" }, "not modified"],
  [
    "If-None-Match: a list with it",
    { ifNoneMatch: '"a" , W/"b",,"one,two"' },
    "not modified",
  ],
  ["If-None-Match: another", { ifNoneMatch: '"one"' }, "proceed"],
  ["If-None-Match: two halves", { ifNoneMatch: '"one", "two"' }, "proceed"],
  ["If-None-Match: without quotes", { ifNoneMatch: "one,two" }, "proceed"],
  ["If-None-Match: w/ in small", { ifNoneMatch: 'w/"one,two"' }, "proceed"],
  ["If-None-Match: empty", { ifNoneMatch: "" }, "proceed"],
  ["If-None-Match: unclosed", { ifNoneMatch: '"one,two' }, "proceed"],

  ["If-Modified-Since: its date", { ifModifiedSince: same }, "not modified"],
  ["If-Modified-Since: later", { ifModifiedSince: later }, "not modified"],
  ["If-Modified-Since: earlier", { ifModifiedSince: earlier }, "proceed"],
  ["If-Modified-Since: no date", { ifModifiedSince: "2026" }, "proceed"],
  [
    "If-None-Match that differs before If-Modified-Since",
    { ifNoneMatch: '"a"', ifModifiedSince: later },
    "proceed",
  ],
  [
    "If-Unmodified-Since that holds, then If-None-Match",
    { ifUnmodifiedSince: same, ifNoneMatch: "*" },
    "not modified",
  ],
];

describe("What conditions make of a request", () => {
  for (const [what, conditions, verdict] of cases)
    it(`${what}: ${verdict}`, () => {
      assert.equal(judge(conditions, current), verdict);
    });
});

describe("A part fits what a client has (If-Range)", () => {
  const fits: [string | undefined, boolean][] = [
    [undefined, true],
    ['"one,two"', true],
    [' "one,two"\t', true],
    [same, true],
    ['W/"one,two"', false],
    ['"other"', false],
    ['"one,two", "other"', false],
    ["one,two", false],
    ["*", false],
    ["", false],
    [earlier, false],
    [later, false],
    ["2026-03-01T12:00:00Z", false],
  ];
  for (const [header, fit] of fits)
    it(`${header ?? "without one"}: ${fit ? "yes" : "no"}`, () => {
      assert.equal(partStillFits(header, current), fit);
    });
});

describe("A date of HTTP", () => {
  for (const text of [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
  ])
    it(`is ${text}`, () => {
      assert.equal(parseDate(text), Date.UTC(1994, 10, 6, 8, 49, 37));
    });

  it("with a year of two digits is at most 50 years ahead", () => {
    const now = Date.UTC(2026, 0, 1);
    assert.equal(
      parseDate("Sunday, 06-Nov-77 08:49:37 GMT", now),
      Date.UTC(1977, 10, 6, 8, 49, 37),
    );
    assert.equal(
      parseDate("Friday, 06-Nov-76 08:49:37 GMT", now),
      Date.UTC(2076, 10, 6, 8, 49, 37),
    );
  });

  for (const text of [
    undefined,
    "",
    "now",
    "0",
    "1994",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "sun, 06 nov 1994 08:49:37 gmt",
    "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
  ])
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseDate(text), undefined);
    });
});
