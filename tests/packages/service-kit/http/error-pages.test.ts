import assert from "node:assert/strict";
import { HTTPException } from "hono/http-exception";
import {
  createService,
  problem,
} from "../../../../packages/service-kit/index.ts";
import { browserAccept, errorPageOf } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";

const asBrowser = { headers: { accept: browserAccept } };

/** A service with a route for each kind of error. */
function service() {
  const { app } = createService({ bodyLimit: 10 });
  app.post("/form", (c) => c.text("taken"));
  app.get("/broken", () => {
    throw new Error("password hunter2 refused by 10.0.0.7");
  });
  app.get("/away/:seconds", (c) => {
    c.header("retry-after", c.req.param("seconds"));
    return problem(c, 503, "The database does not answer.");
  });
  app.post("/away", (c) => problem(c, 503, "The database does not answer."));
  app.all("/error/:status", (c) => {
    const status = Number(c.req.param("status")) as 429;
    throw new HTTPException(status, { message: `It is "<b>${status}</b>".` });
  });
  return app;
}

describe("Error responses", () => {
  /** Accept headers, and whether they get a page. */
  const accepts: [accept: string | undefined, page: boolean][] = [
    [undefined, false],
    ["", false],
    ["*/*", false],
    ["application/json", false],
    ["application/problem+json", false],
    ["application/json, text/plain, */*", false],
    ["application/xhtml+xml", false],
    ["text/plain", false],
    ["nonsense", false],
    [browserAccept, true],
    [
      "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", // Firefox, Safari
      true,
    ],
    ["text/html, */*", true],
    ["text/html", true],
    ["TEXT/HTML", true],
    ["text/html;charset=utf-8", true],
    ["text/*", true],
    ["text/html;q=0", false],
    ["text/html;q=0.1, */*", false],
    ["*/*, text/html;q=0.9", false],
    ["text/html;q=0.5, application/json", false],
    ["text/html;q=0.5, application/*;q=0.8", false],
    ["text/html;q=0.9, application/json;q=0.8", true],
    // A browser's requests for an image, a style sheet and a video.
    ["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", false],
    ["text/css,*/*;q=0.1", false],
    ["video/webm,video/ogg,video/*;q=0.9,audio/*;q=0.6,*/*;q=0.5", false],
  ];
  for (const [accept, page] of accepts)
    it(`returns ${page ? "a page" : "problem+json"} for Accept: ${accept ?? "(missing)"}`, async () => {
      const headers: Record<string, string> =
        accept === undefined ? {} : { accept };
      const response = await service().request("/nope", { headers });
      assert.match(response.headers.get("vary") ?? "", /^accept$/i);
      if (page) await errorPageOf(response, 404);
      else await problemOf(response, 404);
    });

  it("returns the whole problem and its headers to programs", async () => {
    const headers = { accept: "application/json", "x-request-id": "trace-7" };
    const response = await service().request("/form", { headers });
    assert.equal(response.headers.get("allow"), "POST");
    assert.deepEqual(await problemOf(response, 405), {
      type: "about:blank",
      title: "Method Not Allowed",
      status: 405,
      detail: "/form is for POST.",
      instance: "urn:request:trace-7",
    });
  });

  it("adds no Vary header to a success", async () => {
    const init = { method: "POST", ...asBrowser };
    const response = await service().request("/form", init);
    assert.equal(response.headers.get("vary"), null);
    assert.equal(await response.text(), "taken");
  });
});

describe("Error pages", () => {
  const get = (path: string, status: number, init: RequestInit = asBrowser) =>
    Promise.resolve(service().request(path, init)).then((response) =>
      errorPageOf(response, status),
    );

  it("says on 404 that nothing exists at the address", async () => {
    const { heading, html } = await get("/nope", 404);
    assert.equal(heading, "There is nothing here");
    assert.match(html, /<title>Error: There is nothing here – Marquee</);
    assert.match(html, /<meta name="description" content="[^"]{50,160}">/);
  });

  it("says on 405 that the address is not a page, and keeps Allow", async () => {
    const response = await service().request("/form", asBrowser);
    assert.equal(response.headers.get("allow"), "POST");
    const { heading } = await errorPageOf(response, 405);
    assert.equal(heading, "This address is not a page");
  });

  it("says on 413 that the body was too large", async () => {
    const body = "0123456789X";
    const init = { method: "POST", body, ...asBrowser };
    const { text } = await get("/form", 413, init);
    assert.match(text, /larger than we accept/);
  });

  it("shows the request's id but no details of an unexpected error on 500", async () => {
    const headers = { ...asBrowser.headers, "x-request-id": "trace-7" };
    const { heading, text, html } = await get("/broken", 500, { headers });
    assert.equal(heading, "Something went wrong");
    assert.match(text, /trace-7/);
    assert.doesNotMatch(html, /hunter2|10\.0\.0\.7|\.ts\b/);
  });

  it("escapes the message of an HTTPException", async () => {
    const { html, heading } = await get("/error/422", 422);
    assert.equal(heading, "That did not work");
    assert.match(html, /It is &quot;&lt;b&gt;422&lt;\/b&gt;&quot;\./);
  });

  for (const [seconds, words] of [
    ["1", "in a few seconds"],
    ["5", "in 5 seconds"],
    ["59", "in 59 seconds"],
    ["60", "in 1 minute"],
    ["61", "in 2 minutes"],
    ["7000", "in 2 hours"],
  ] as const)
    it(`asks to try again ${words} for Retry-After: ${seconds}`, async () => {
      const response = await service().request(`/away/${seconds}`, asBrowser);
      assert.equal(response.headers.get("retry-after"), seconds);
      const { heading, text } = await errorPageOf(response, 503);
      assert.equal(heading, "We’ll be right back");
      assert.ok(text.includes(`Please try again ${words}.`), text);
    });

  for (const status of [429, 502, 503, 504])
    it(`asks to try again on ${status} without Retry-After`, async () => {
      const { text } = await get(`/error/${status}`, status);
      assert.match(text, /Please try again in a few seconds\./);
    });

  it("links to the same address for a retry on 503, but not on 404", async () => {
    const { links } = await get("/away/9?a=1&b=<2>", 503);
    assert.equal(links["Try again"], "/away/9?a=1&amp;b=%3C2%3E");
    assert.equal((await get("/nope", 404)).links["Try again"], undefined);
  });

  it("offers no retry of a form", async () => {
    const init = { method: "POST", ...asBrowser };
    assert.deepEqual((await get("/away", 503, init)).links, {});
  });

  it("never links to another host", async () => {
    const { app } = createService();
    app.get("*", (c) => problem(c, 503, "Away."));
    for (const path of [
      "//evil.example/x",
      "///evil.example",
      "/\\evil.example",
    ]) {
      const request = new Request("http://localhost/", asBrowser);
      Object.defineProperty(request, "url", {
        value: `http://localhost${path}`,
      });
      const { links } = await errorPageOf(await app.request(request), 503);
      assert.match(links["Try again"] ?? "", /^\/(?![/\\])/);
    }
  });

  it("returns GET's headers without a body for HEAD", async () => {
    const init = { ...asBrowser, method: "HEAD" };
    const response = await service().request("/nope", init);
    assert.equal(response.status, 404);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(response.headers.get("vary") ?? "", /accept/i);
    assert.equal(await response.text(), "");
  });

  it("returns a page before the service has started", async () => {
    const { app } = createService({ onStart: () => new Promise(() => {}) });
    const response = await app.request("/", asBrowser);
    assert.equal(response.headers.get("retry-after"), "1");
    const { text } = await errorPageOf(response, 503);
    assert.match(text, /try again in a few seconds/);
  });

  it("keeps the error's cookies and challenges", async () => {
    const { app } = createService();
    app.get("/", () => {
      const headers = new Headers({ "www-authenticate": "Bearer" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      throw new HTTPException(401, { res: new Response(null, { headers }) });
    });
    const response = await app.request("/", asBrowser);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    await errorPageOf(response, 401);
  });

  it("contains no links in a service without pages", async () => {
    for (const [path, status] of [
      ["/nope", 404],
      ["/error/401", 401],
      ["/form", 405],
    ] as const) {
      const { html, links } = await get(path, status);
      assert.deepEqual(links, {});
      assert.doesNotMatch(html, /<(a|link|form) /);
    }
  });
});
