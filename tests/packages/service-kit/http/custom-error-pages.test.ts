import assert from "node:assert/strict";
import { html } from "hono/html";
import { createService } from "../../../../packages/service-kit/index.ts";
import { browserAccept } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";

const asBrowser = { headers: { accept: browserAccept } };

describe("Custom error pages", () => {
  it("renders the service's errorPage, and still returns problems to programs", async () => {
    const { app } = createService({
      errorPage: (_, { status, title, requestId }) =>
        html`<!doctype html>
<html lang="en"><title>Error: ${title}</title><style></style><main><h1>${status}!</h1>${requestId}</main></html>`,
    });
    const response = await app.request("/nope", asBrowser);
    assert.match(await response.text(), /<h1>404!<\/h1>/);
    await problemOf(await app.request("/nope"), 404);
  });

  it("renders the page that a middleware sets for its paths", async () => {
    const { app } = createService();
    app.use("/bank/*", async (c, next) => {
      c.set("errorPage", () => html`<p>The bank’s</p>`);
      await next();
    });
    app.get("/bank/:id", (c) => c.notFound());
    const text = async (path: string) =>
      (await app.request(path, asBrowser)).text();
    assert.equal(await text("/bank/1"), "<p>The bank’s</p>");
    assert.match(await text("/nope"), /There is nothing here/);
  });
});
