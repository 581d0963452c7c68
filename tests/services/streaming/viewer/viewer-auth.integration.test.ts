import assert from "node:assert/strict";
import { credentials, useSystem } from "../../../support/streaming/system.ts";
import { viewerApp } from "../../../support/streaming/viewers.ts";

describe("Viewer of a request, with auth itself", () => {
  const system = useSystem();

  it("identifies the user of a session cookie from sign-up until sign-out", async () => {
    const { authUrl, accessTokens, url } = system;
    const { email, password } = credentials();
    const form = (path: string, fields: Record<string, string>, cookie = "") =>
      fetch(url + path, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams(fields),
        headers: { origin: url, cookie },
      });
    const signUp = await form("/sign-up", { email, password });
    const cookie = signUp.headers
      .getSetCookie()
      .map((line) => line.split(";", 1)[0])
      .join("; ");
    const { says } = await viewerApp({ authUrl, accessTokens });
    const { userId, token } = await says({ cookie });
    assert.equal((await accessTokens.verify(token ?? "")).userId, userId);
    assert.deepEqual(await says({ cookie }, "/email"), { email });

    assert.equal((await form("/sign-out", {}, cookie)).status, 303);
    const other = await viewerApp({ authUrl, accessTokens });
    assert.deepEqual(await other.says({ cookie }), {});
  });
});
