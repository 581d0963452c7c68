import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useFolders } from "../../../support/folders.ts";
import { freePort } from "../../../support/free-port.ts";
import { startNginx } from "../../../support/nginx.ts";
import { start } from "../../../support/program.ts";
import {
  file,
  modified,
  requests,
} from "../../../support/streaming/file-requests.ts";
import {
  type Answer,
  ask,
  summary,
} from "../../../support/streaming/file-response.ts";

// Compares ranges and conditions with nginx: the same requests for the same file.

describe("File delivery compared with nginx", function () {
  this.timeout("10m"); // nginx may have to be downloaded first
  const folder = useFolders();
  const urls: Record<"ours" | "streams" | "nginx", string> = {
    ours: "",
    streams: "",
    nginx: "",
  };
  const stops: (() => void)[] = [];

  before(async () => {
    const root = folder();
    const path = join(root, "files/video.mp4");
    mkdirSync(join(root, "files"));
    writeFileSync(path, file);
    utimesSync(path, modified, modified);
    const nginx = await startNginx(folder(), {
      files: root,
      port: await freePort(),
    });
    stops.push(nginx.stop);
    const program = "tests/support/programs/file-response.ts";
    const options = { root: join(root, "files") };
    const ours = await start(program, options);
    stops.push(() => process.kill(ours.pid));
    const streams = await start(program, { ...options, web: true });
    stops.push(() => process.kill(streams.pid));
    for (const [name, { url }] of Object.entries({ ours, streams, nginx }))
      urls[name as keyof typeof urls] = `${url}/files/video.mp4`;
  });
  after(() => {
    for (const stop of stops) stop();
  });

  /** Sends a request to a server; ETAG in it stands for the server's own entity tag. */
  async function answerOf(url: string, what: Record<string, string>) {
    const { headers } = await ask(url, { method: "HEAD" });
    const filled = Object.entries(what).map(([name, value]) => [
      name,
      value.replace("ETAG", headers.etag as string),
    ]);
    return ask(url, Object.fromEntries(filled));
  }

  for (const [what, ours, nginx] of requests)
    it(`answers ${Object.entries(what)
      .map(([name, value]) => `${name}: ${value.slice(0, 60)}`)
      .join(
        ", ",
      )} with ${ours}${nginx ? `, nginx with ${nginx[0]}: ${nginx[1]}` : ""}`, async () => {
      const answers: Record<string, string> = {};
      for (const [name, url] of Object.entries(urls))
        answers[name] = summary(await answerOf(url, what), file, what.method);
      assert.deepEqual(answers, {
        ours,
        streams: ours,
        nginx: nginx?.[0] ?? ours,
      });
    });

  /** Names of the file-related headers of an answer, in order. */
  const named = ({ headers }: Answer) =>
    [
      "accept-ranges",
      "cache-control",
      "content-length",
      "content-range",
      "content-type",
      "etag",
      "last-modified",
      "vary",
    ].filter((name) => name in headers);

  const about = ["accept-ranges", "etag", "last-modified"];
  const stored = ["accept-ranges", "cache-control"];
  const body = ["content-length", "content-type"];
  const sorted = (...names: string[]) => names.sort();
  const headersOf: [Record<string, string>, ours: string[], nginx: string[]][] =
    [
      [
        {},
        sorted(...about, ...body, "cache-control"),
        sorted(...about, ...body),
      ],
      [
        { method: "HEAD" },
        sorted(...about, ...body, "cache-control"),
        sorted(...about, ...body),
      ],
      // nginx sends Accept-Ranges only with the whole file.
      [
        { range: "bytes=0-9" },
        sorted(...about, ...body, "cache-control", "content-range"),
        sorted("etag", "last-modified", ...body, "content-range"),
      ],
      [
        { range: "bytes=0-9,200-209" },
        sorted(...about, ...body, "cache-control"),
        sorted("etag", "last-modified", ...body),
      ],
      [
        { "if-none-match": "ETAG" },
        sorted(...stored, "etag", "last-modified"),
        sorted("etag", "last-modified"),
      ],
      // Our error responses also forbid caching, which nginx leaves to its configuration, and vary because browsers get
      // an HTML page.
      [
        { range: "bytes=300000-" },
        sorted(...body, "cache-control", "content-range", "vary"),
        sorted(...body, "content-range"),
      ],
      [
        { "if-match": '"a"' },
        sorted(...body, "cache-control", "vary"),
        sorted(...body),
      ],
    ];
  for (const [what, ours, nginx] of headersOf)
    it(`sends the expected headers for ${JSON.stringify(what)}`, async () => {
      const answers: Record<string, string[]> = {};
      for (const [name, url] of Object.entries(urls))
        answers[name] = named(await answerOf(url, what));
      assert.deepEqual(answers, { ours, streams: ours, nginx });
    });

  it("returns a problem document for 416 and 412", async () => {
    for (const what of [{ range: "bytes=300000-" }, { "if-match": '"a"' }]) {
      const { status, headers, body } = await answerOf(urls.ours, what);
      assert.equal(headers["content-type"], "application/problem+json");
      assert.equal(JSON.parse(`${body}`).status, status);
    }
  });

  it("sends the same headers for a file as for a stream, including those of middleware", async () => {
    const steady = ({ headers }: Answer) =>
      Object.entries(headers)
        .filter(([name]) => name !== "date" && name !== "x-request-id")
        .map(([name, value]) =>
          `${name}: ${value}`
            .replace(/nonce-[^']+/g, "nonce")
            .replace(/boundary=.+/, "boundary"),
        );
    for (const [what] of headersOf) {
      const [ours, streams] = [
        await answerOf(urls.ours, what),
        await answerOf(urls.streams, what),
      ];
      assert.deepEqual(steady(ours), steady(streams));
      assert.equal(ours.headers["x-content-type-options"], "nosniff");
      assert.match(ours.headers["x-request-id"] as string, /^[\w-]{36}$/);
    }
  });
});
