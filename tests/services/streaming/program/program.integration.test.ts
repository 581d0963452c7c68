import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useDatabase } from "../../../support/postgres.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";
import { mediaFolder } from "../../../support/streaming/media.ts";
import {
  startedStreaming,
  streamingEnvironment,
  streamingProgram,
} from "../../../support/streaming/program.ts";

const secret = "hunter2-which-nobody-may-read";
const bucket = {
  S3_BUCKET: "films",
  S3_ENDPOINT: "http://127.0.0.1:1",
  S3_ACCESS_KEY_ID: "AKIA",
  S3_SECRET_ACCESS_KEY: secret,
};

describe("Streaming program", () => {
  const url = useDatabase();
  stopPrograms();

  const wrong: [what: string, variables: object, says: RegExp][] = [
    ["without AUTH_URL", { AUTH_URL: undefined }, /AUTH_URL is not set/],
    [
      "with a path in PAYMENT_URL",
      { PAYMENT_URL: "http://payment-service:8082/api" },
      /PAYMENT_URL is wrong: expected a URL such as/,
    ],
    [
      "with a PLAYBACK_KEY that is too short",
      { PLAYBACK_KEY: "short" },
      /PLAYBACK_KEY is wrong: expected at least 32 characters/,
    ],
    [
      "with an unknown PROCESSOR",
      { PROCESSOR: "cash" },
      /PROCESSOR is "cash": expected sandbox or stripe/,
    ],
    [
      "with both MEDIA_FOLDER and S3_BUCKET",
      { ...bucket, MEDIA_FOLDER: "/media" },
      /MEDIA_FOLDER and S3_BUCKET are both set/,
    ],
    [
      "with S3_BUCKET and without S3_ACCESS_KEY_ID",
      { ...bucket, S3_ACCESS_KEY_ID: undefined },
      /S3_BUCKET requires S3_ACCESS_KEY_ID, which is not set/,
    ],
    [
      "with an S3_ENDPOINT that is not a URL",
      { ...bucket, S3_ENDPOINT: "minio" },
      /S3_ENDPOINT is wrong: expected an http or https URL/,
    ],
    [
      "with an S3_TLS_CA that is not a certificate",
      { ...bucket, S3_TLS_CA: secret },
      /S3_TLS_CA is wrong: expected certificates as PEM/,
    ],
  ];
  for (const [what, variables, says] of wrong)
    it(`refuses to start ${what}, and says why`, async () => {
      const { code, stderr } = await runToEnd(streamingProgram, {
        ...streamingEnvironment,
        ...variables,
      } as Record<string, string>);
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at |hunter2/);
    });

  it("serves the sample titles by default", async () => {
    const { url: site } = await startedStreaming({ DATABASE_URL: url() });
    const titles = await fetch(`${site}/titles`);
    const { featured, data } = (await titles.json()) as {
      featured: string;
      data: { id: string }[];
    };
    assert.equal(featured, "northern-lights");
    assert.ok(data.length >= 3);
    const home = await fetch(site);
    assert.equal(home.status, 200);
    // Auth and payment are unavailable; the catalogue is served without them.
    assert.match(await home.text(), /Northern Lights/);
    for (const name of ["player.js", "style.css"])
      assert.equal((await fetch(`${site}/assets/${name}`)).status, 200);
  });

  it("serves the titles of MEDIA_FOLDER", async () => {
    const { url: site } = await startedStreaming({
      DATABASE_URL: url(),
      MEDIA_FOLDER: mediaFolder(),
    });
    assert.match(await (await fetch(site)).text(), /Metropolis/);
  });

  it("exits and logs the errors in catalogue.json", async () => {
    const folder = mkdtempSync(join(tmpdir(), "marquee-media-"));
    writeFileSync(join(folder, "catalogue.json"), '{"titles":[],"files":{}}');
    const { code, stdout } = await runToEnd(streamingProgram, {
      ...streamingEnvironment,
      DATABASE_URL: url(),
      MEDIA_FOLDER: folder,
      LOG_LEVEL: "info",
    });
    rmSync(folder, { recursive: true });
    assert.equal(code, 1);
    assert.match(stdout, /can't start: catalogue\.json is invalid/);
    assert.match(stdout, /featured: is missing/);
  });

  it("starts while the bucket is unreachable, and returns 503 for titles and pages", async () => {
    const { url: site, lines } = await startedStreaming({
      DATABASE_URL: url(),
      ...bucket,
    });
    const titles = await fetch(`${site}/titles`);
    assert.equal(titles.status, 503);
    assert.ok(titles.headers.get("retry-after"));
    const home = await fetch(site, { headers: { accept: "text/html" } });
    assert.equal(home.status, 503);
    assert.match(await home.text(), /The projector is not answering/);
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  });
});
