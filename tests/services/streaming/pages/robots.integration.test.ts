import assert from "node:assert/strict";
import { createService } from "@marquee/service-kit";
import { robotsRoutes } from "../../../../services/streaming/routes/robots.ts";
import { useStreaming } from "../../../support/streaming/service.ts";

describe("GET /robots.txt", () => {
  const { app, start } = createService();
  let lines: string[] = [];
  before(async () => {
    app.route("/", robotsRoutes());
    await start();
    lines = (await (await app.request("/robots.txt")).text()).split("\n");
  });

  it("serves plain text that crawlers may keep for a day", async () => {
    const { status, headers } = await app.request("/robots.txt");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^text\/plain\b/);
    assert.equal(headers.get("cache-control"), "public, max-age=86400");
  });

  it("has one group, for all crawlers", () => {
    assert.equal(lines[0], "User-agent: *");
    for (const line of lines.slice(1))
      assert.match(line, /^(Disallow: \/\S+)?$/);
    assert.equal(lines.at(-1), "");
  });

  /** RFC 9309: the longest rule that matches decides; all of ours disallow. */
  const allows = (path: string) =>
    !lines.some((line) => {
      const [, rule] = /^Disallow: (.+)$/.exec(line) ?? [];
      if (rule === undefined) return false;
      return rule.endsWith("$")
        ? path === rule.slice(0, -1)
        : path.startsWith(rule);
    });

  for (const path of [
    ...["/", "/titles/northern-lights", "/titles/northern-lights/poster"],
    ...["/plans", "/sign-in", "/sign-up", "/favicon.ico"],
    ...["/assets/style.css", "/assets/icon.svg"],
  ])
    it(`allows ${path}`, () => assert.ok(allows(path)));

  for (const path of [
    ...["/api/auth/me", "/api/payment/plans", "/openapi.json", "/titles"],
    ...["/account", "/sign-out", "/change-password", "/delete-account"],
    ...["/membership", "/membership/card", "/subscribe?plan=basic"],
    ...["/watch/northern-lights", "/playback/northern-lights", "/progress"],
    ...["/stream", "/stream/northern-lights/index.m3u8"],
    ...["/sandbox/authenticate/ch_0", "/webhooks/stripe"],
  ])
    it(`disallows ${path}`, () => assert.ok(!allows(path)));
});

describe("Files that browsers and crawlers request by convention", () => {
  const replicas = useStreaming();

  for (const [path, type] of [
    ["/favicon.ico", "image/x-icon"],
    ["/icon.svg", "image/svg+xml"],
    ["/assets/icon.svg", "image/svg+xml"],
    ["/robots.txt", "text/plain; charset=UTF-8"],
  ] as const)
    it(`serves ${path} at streaming's address`, async () => {
      const response = await replicas.first.service.app.request(path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), type);
    });

  it("serves an icon at auth's and payment's own addresses", async () => {
    const { authUrl, paymentUrl } = replicas.system;
    for (const url of [authUrl, paymentUrl]) {
      const response = await fetch(`${url}/favicon.ico`);
      assert.equal(response.status, 200, url);
      assert.equal(response.headers.get("content-type"), "image/x-icon");
    }
  });
});
