import assert from "node:assert/strict";
import { parseHttpDate } from "../../../../services/streaming/file-response/http-date.ts";
import {
  evaluatePreconditions,
  ifRangeMatches,
  type Preconditions,
} from "../../../../services/streaming/file-response/preconditions.ts";

const modified = new Date("2026-03-01T12:00:00Z");
const current = { etag: '"one,two"', modified };
const [earlier, same, later] = [-1000, 0, 1000].map((ms) =>
  new Date(modified.getTime() + ms).toUTCString(),
) as [string, string, string];

const cases: [
  string,
  Preconditions,
  ReturnType<typeof evaluatePreconditions>,
][] = [
  ["no conditions", {}, "proceed"],

  ["If-Match with the file's tag", { ifMatch: '"one,two"' }, "proceed"],
  ["If-Match: *", { ifMatch: "*" }, "proceed"],
  [
    "If-Match with a list that has the file's tag",
    { ifMatch: '"a", "one,two"' },
    "proceed",
  ],
  ["If-Match with another tag", { ifMatch: '"a"' }, "failed"],
  [
    "If-Match with the file's tag marked as weak",
    { ifMatch: 'W/"one,two"' },
    "failed",
  ],
  ["If-Match with half of the file's tag", { ifMatch: '"one' }, "failed"],
  ["If-Match with a tag without quotes", { ifMatch: "one,two" }, "failed"],
  ["an empty If-Match", { ifMatch: "" }, "failed"],
  ["If-Match with * in a list", { ifMatch: '*, "a"' }, "failed"],
  [
    "If-Match with garbage after the file's tag",
    { ifMatch: '"one,two" x' },
    "failed",
  ],

  [
    "If-Unmodified-Since with the file's date",
    { ifUnmodifiedSince: same },
    "proceed",
  ],
  [
    "If-Unmodified-Since with a later date",
    { ifUnmodifiedSince: later },
    "proceed",
  ],
  [
    "If-Unmodified-Since with an earlier date",
    { ifUnmodifiedSince: earlier },
    "failed",
  ],
  [
    "If-Unmodified-Since with an invalid date",
    { ifUnmodifiedSince: "soon" },
    "proceed",
  ],
  [
    "a matching If-Match with a failing If-Unmodified-Since",
    { ifMatch: '"one,two"', ifUnmodifiedSince: earlier },
    "proceed",
  ],
  [
    "a failing If-Match with a matching If-Unmodified-Since",
    { ifMatch: '"a"', ifUnmodifiedSince: later },
    "failed",
  ],
  [
    "a failing If-Match with a matching If-None-Match",
    { ifMatch: '"a"', ifNoneMatch: '"one,two"' },
    "failed",
  ],

  [
    "If-None-Match with the file's tag",
    { ifNoneMatch: '"one,two"' },
    "not modified",
  ],
  [
    "If-None-Match with the file's tag marked as weak",
    { ifNoneMatch: 'W/"one,two"' },
    "not modified",
  ],
  ["If-None-Match: *", { ifNoneMatch: "*" }, "not modified"],
  [
    "If-None-Match with a list that has the file's tag",
    { ifNoneMatch: '"a" , W/"b",,"one,two"' },
    "not modified",
  ],
  ["If-None-Match with another tag", { ifNoneMatch: '"one"' }, "proceed"],
  [
    "If-None-Match with the file's tag split into two",
    { ifNoneMatch: '"one", "two"' },
    "proceed",
  ],
  [
    "If-None-Match with a tag without quotes",
    { ifNoneMatch: "one,two" },
    "proceed",
  ],
  [
    "If-None-Match with a lower-case w/",
    { ifNoneMatch: 'w/"one,two"' },
    "proceed",
  ],
  ["an empty If-None-Match", { ifNoneMatch: "" }, "proceed"],
  [
    "If-None-Match with an unclosed tag",
    { ifNoneMatch: '"one,two' },
    "proceed",
  ],

  [
    "If-Modified-Since with the file's date",
    { ifModifiedSince: same },
    "not modified",
  ],
  [
    "If-Modified-Since with a later date",
    { ifModifiedSince: later },
    "not modified",
  ],
  [
    "If-Modified-Since with an earlier date",
    { ifModifiedSince: earlier },
    "proceed",
  ],
  [
    "If-Modified-Since with an invalid date",
    { ifModifiedSince: "2026" },
    "proceed",
  ],
  [
    "If-None-Match with another tag and a later If-Modified-Since",
    { ifNoneMatch: '"a"', ifModifiedSince: later },
    "proceed",
  ],
  [
    "a matching If-Unmodified-Since and If-None-Match: *",
    { ifUnmodifiedSince: same, ifNoneMatch: "*" },
    "not modified",
  ],
];

describe("evaluatePreconditions", () => {
  for (const [what, conditions, verdict] of cases)
    it(`returns "${verdict}" for ${what}`, () => {
      assert.equal(evaluatePreconditions(conditions, current), verdict);
    });
});

describe("ifRangeMatches", () => {
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
    it(`${fit ? "accepts" : "rejects"} If-Range ${JSON.stringify(header) ?? "(unset)"}`, () => {
      assert.equal(ifRangeMatches(header, current), fit);
    });
});

describe("parseHttpDate", () => {
  for (const text of [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
  ])
    it(`accepts ${text}`, () => {
      assert.equal(parseHttpDate(text), Date.UTC(1994, 10, 6, 8, 49, 37));
    });

  it("places a two-digit year at most 50 years ahead", () => {
    const now = Date.UTC(2026, 0, 1);
    assert.equal(
      parseHttpDate("Sunday, 06-Nov-77 08:49:37 GMT", now),
      Date.UTC(1977, 10, 6, 8, 49, 37),
    );
    assert.equal(
      parseHttpDate("Friday, 06-Nov-76 08:49:37 GMT", now),
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
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.equal(parseHttpDate(text), undefined);
    });
});
