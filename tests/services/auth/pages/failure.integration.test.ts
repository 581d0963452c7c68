import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { email, password } from "../../../support/auth/domain.ts";
import { me, post, signUp, useAuth } from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

describe("Internal errors", () => {
  const auth = useAuth();
  const rename = (from: string, to: string) =>
    auth.first.database.query(`ALTER TABLE ${from} RENAME TO ${to}`);
  afterEach(() => rename("lost", "sessions"));

  it("shows people a page with the request's id and no details", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    await rename("sessions", "lost");
    const headers = { "x-request-id": "request-of-ada" };
    for (const response of [
      await browser.request("/", { headers }),
      await browser.post("/sign-in", { email, password }, headers),
      await browser.post("/sign-out", {}, headers),
    ]) {
      const { html, heading, title } = await pageOf(response, 500);
      assert.equal(heading, "Something went wrong");
      assert.equal(title, "Error: Something went wrong – Marquee");
      assert.ok(html.includes("request-of-ada"), html);
      assert.doesNotMatch(html, /sessions|relation|SELECT|\.ts/);
    }
  });

  it("returns a problem to programs", async () => {
    const tokens = await signUp(auth.first);
    await rename("sessions", "lost");
    for (const response of [
      await me(auth.first, tokens),
      await post(auth.first, "/login", { email, password }),
    ]) {
      const { detail } = await problemOf(response, 500);
      assert.match(detail, /^Something went wrong here/);
    }
  });
});
