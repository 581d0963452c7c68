import assert from "node:assert/strict";
import { credentials, useSystem } from "../../../support/streaming/system.ts";
import { whoApp } from "../../../support/streaming/viewers.ts";

describe("streaming: who asks, by auth itself", () => {
  const system = useSystem();

  it("is who signed up in the page, until they sign out", async () => {
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
    const { says } = await whoApp({ authUrl, accessTokens });
    const { userId, token } = await says({ cookie });
    assert.equal((await accessTokens.verify(token ?? "")).userId, userId);
    assert.deepEqual(await says({ cookie }, "/email"), { email });

    assert.equal((await form("/sign-out", {}, cookie)).status, 303);
    const other = await whoApp({ authUrl, accessTokens });
    assert.deepEqual(await other.says({ cookie }), {});
  });
});
