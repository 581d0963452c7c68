import { createHash } from "node:crypto";

const size = 300_000;
/** The requested file. */
export const file = Buffer.concat(
  Array.from({ length: size / 32 }, (_, i) =>
    createHash("sha256").update(`${i}`).digest(),
  ),
);
export const modified = new Date("2026-03-01T12:00:00Z");
const date = (seconds: number) =>
  new Date(modified.getTime() + seconds * 1000).toUTCString();
const far = "9".repeat(30);
const ranges = (count: number, step: number) =>
  Array.from({ length: count }, (_, i) => `${i * step}-${i * step}`).join(",");

/** Why nginx answers differently; sections refer to RFC 9110. */
const why = {
  large: "the last byte may be past the end, however far (14.1.2)",
  invalid: "invalid ranges are ignored (14.2)",
  joined: "ranges that overlap or nearly touch become one part (15.3.7.2)",
  many: "more than eight ranges are ignored: no player needs them (14.2)",
  head: "ranges apply to GET alone (14.2)",
};

/**
 * Requests and the answers of both servers. `ETAG` stands for the server's own entity tag. The third element holds
 * nginx's answer where it differs, and why ours does not follow it.
 */
export const requests: [
  what: Record<string, string>,
  ours: string,
  nginx?: [answer: string, why: string],
][] = [
  [{}, "200 whole"],
  [{ range: "bytes=0-9" }, "206 0-9"],
  [{ range: "bytes=0-0" }, "206 0-0"],
  [{ range: "bytes=0-" }, "206 0-299999"],
  [{ range: "bytes=65530-131080" }, "206 65530-131080"],
  [{ range: "bytes=299999-" }, "206 299999-299999"],
  [{ range: "bytes=-1" }, "206 299999-299999"],
  [{ range: "bytes=-500" }, "206 299500-299999"],
  [{ range: "bytes=-300000" }, "206 0-299999"],
  [{ range: "bytes=-300001" }, "206 0-299999"],
  [{ range: "bytes=299990-300010" }, "206 299990-299999"],
  [{ range: "bytes= 0-9" }, "206 0-9"],
  [{ range: "BYTES=0-9" }, "206 0-9"],
  [{ range: "bytes=007-010" }, "206 7-10"],
  [{ range: "bytes=300000-" }, "416 */300000"],
  [{ range: "bytes=300000-300001" }, "416 */300000"],
  [{ range: "bytes=400000-400001,500000-" }, "416 */300000"],
  [{ range: "bytes=-0" }, "416 */300000"],
  [{ range: `bytes=0-${far}` }, "206 0-299999", ["416 */300000", why.large]],
  [{ range: `bytes=-${far}` }, "206 0-299999", ["416 */300000", why.large]],
  [{ range: `bytes=${far}-` }, "416 */300000"],
  [{ range: "bytes=9-0" }, "200 whole", ["416 */300000", why.invalid]],
  [{ range: "bytes=0-9,9-0" }, "200 whole", ["206 0-9", why.invalid]],
  [{ range: "bytes=" }, "200 whole"],
  [{ range: "bytes=-" }, "200 whole", ["416 */300000", why.invalid]],
  [{ range: "bytes=5" }, "200 whole", ["416 */300000", why.invalid]],
  [{ range: "bytes=a-b" }, "200 whole", ["416 */300000", why.invalid]],
  [{ range: "bytes=0 - 9" }, "200 whole", ["206 0-9", why.invalid]],
  [{ range: "bytes=0-9x" }, "200 whole", ["416 */300000", why.invalid]],
  [
    { range: "bytes=0-9,,20-29" },
    "206 0-29",
    ["416 */300000", "lists may have empty elements (5.6.1)"],
  ],
  [{ range: "items=0-9" }, "200 whole"],
  [{ range: "0-9" }, "200 whole"],
  [{ range: "bytes=0-9,200-209" }, "206 0-9+200-209"],
  [{ range: "bytes=200-209, 0-9" }, "206 200-209+0-9"],
  [{ range: "bytes=0-9,-10" }, "206 0-9+299990-299999"],
  [{ range: "bytes=0-99999,150000-250000" }, "206 0-99999+150000-250000"],
  [{ range: "bytes=0-9,400000-" }, "206 0-9"],
  [{ range: "bytes=0-9,0-9" }, "206 0-9", ["206 0-9+0-9", why.joined]],
  [{ range: "bytes=0-9,20-29" }, "206 0-29", ["206 0-9+20-29", why.joined]],
  [{ range: "bytes=0-,0-" }, "200 whole"],
  [
    { range: `bytes=${ranges(8, 1000)}` },
    "206 0-0+1000-1000+2000-2000+3000-3000+4000-4000+5000-5000+6000-6000+7000-7000",
  ],
  [
    { range: `bytes=${ranges(9, 1000)}` },
    "200 whole",
    [
      "206 0-0+1000-1000+2000-2000+3000-3000+4000-4000+5000-5000+6000-6000+7000-7000+8000-8000",
      why.many,
    ],
  ],
  [{ "if-none-match": "ETAG" }, "304"],
  [{ "if-none-match": "W/ETAG" }, "304"],
  [{ "if-none-match": '"a", ETAG' }, "304"],
  [{ "if-none-match": "*" }, "304"],
  [{ "if-none-match": '"a"' }, "200 whole"],
  [{ "if-none-match": "ETAG", range: "bytes=0-9" }, "304"],
  [{ "if-none-match": "ETAG", range: "bytes=300000-" }, "304"],
  [{ "if-none-match": '"a"', "if-modified-since": date(0) }, "200 whole"],
  [{ "if-modified-since": date(0) }, "304"],
  [{ "if-modified-since": date(60) }, "304"],
  [{ "if-modified-since": date(-60) }, "200 whole"],
  [{ "if-modified-since": "yesterday" }, "200 whole"],
  [{ "if-match": "ETAG" }, "200 whole"],
  [{ "if-match": "*" }, "200 whole"],
  [{ "if-match": '"a"' }, "412"],
  [{ "if-match": "W/ETAG" }, "412"],
  [{ "if-match": '"a"', "if-none-match": "ETAG" }, "412"],
  [{ "if-match": "ETAG", range: "bytes=0-9" }, "206 0-9"],
  [
    { "if-match": "ETAG", "if-unmodified-since": date(-60) },
    "200 whole",
    ["412", "If-Match takes precedence (13.1.4)"],
  ],
  [{ "if-unmodified-since": date(0) }, "200 whole"],
  [{ "if-unmodified-since": date(-60) }, "412"],
  [{ "if-unmodified-since": date(-60), range: "bytes=0-9" }, "412"],
  [
    { "if-unmodified-since": "yesterday" },
    "200 whole",
    ["412", "invalid dates are ignored (13.1.4)"],
  ],
  [{ range: "bytes=0-9", "if-range": "ETAG" }, "206 0-9"],
  [{ range: "bytes=0-9", "if-range": '"a"' }, "200 whole"],
  [{ range: "bytes=0-9", "if-range": "W/ETAG" }, "200 whole"],
  [{ range: "bytes=0-9", "if-range": date(0) }, "206 0-9"],
  [{ range: "bytes=0-9", "if-range": date(-60) }, "200 whole"],
  [{ range: "bytes=0-9", "if-range": date(60) }, "200 whole"],
  [{ range: "bytes=300000-", "if-range": '"a"' }, "200 whole"],
  [{ range: "bytes=0-9,200-209", "if-range": "ETAG" }, "206 0-9+200-209"],
  [{ method: "HEAD" }, "200 300000"],
  [
    { method: "HEAD", range: "bytes=0-9" },
    "200 300000",
    ["206 bytes 0-9/300000", why.head],
  ],
  [
    { method: "HEAD", range: "bytes=300000-" },
    "200 300000",
    ["416 bytes */300000", why.head],
  ],
  [{ method: "HEAD", "if-none-match": "ETAG" }, "304"],
  [{ method: "HEAD", "if-match": '"a"' }, "412"],
];
