import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { count, email } from "../../../support/auth/domain.ts";
import {
  bearer,
  logIn,
  send,
  signUp,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

const composed = "pässwörd with ümlauts é";
const decomposed = composed.normalize("NFD");
const next = "à neẅ engine";

describe("Passwords in another Unicode form", () => {
  const auth = useAuth();

  for (const [chosen, typed] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const how =
      chosen === composed
        ? "composed characters, typed in decomposed ones"
        : "decomposed characters, typed in composed ones";

    it(`logs in with POST /login and a password chosen in ${how}`, async () => {
      await signUp(auth.first, { password: chosen });
      await logIn(auth.second, { password: typed });
    });

    it(`signs in on the page with a password chosen in ${how}`, async () => {
      const browser = browse(auth.first);
      assert.equal((await browser.signUp({ password: chosen })).status, 303);
      await browser.post("/sign-out", {});
      assert.equal((await browser.signIn({ password: typed })).status, 303);
      assert.equal(await browser.signedInAs(), email);
    });
  }

  it("accepts another form of the current password in PUT /me/password and DELETE /me", async () => {
    const headers = bearer(await signUp(auth.first, { password: composed }));
    const body = {
      current_password: decomposed,
      new_password: next.normalize("NFD"),
    };
    const changed = await send(
      auth.first,
      "PUT",
      "/me/password",
      body,
      headers,
    );
    assert.equal(changed.status, 204);
    await logIn(auth.first, { password: next });
    const deleted = await send(
      auth.first,
      "DELETE",
      "/me",
      { password: next.normalize("NFD") },
      headers,
    );
    assert.equal(deleted.status, 204);
  });

  it("accepts another form of the current password on the account page", async () => {
    const browser = browse(auth.first);
    await browser.signUp({ password: composed });
    const { notice } = await browser.done(
      "/change-password",
      { current_password: decomposed, new_password: next.normalize("NFD") },
      "/account",
    );
    assert.match(notice ?? "", /password was changed/);
    const fields = { password: next, understood: "yes" };
    assert.equal((await browser.post("/delete-account", fields)).status, 303);
    assert.equal(await count(auth.first.database, "users"), 0);
  });

  it("counts the characters of the normal form, on the page and in the API", async () => {
    const short = "e\u0301".repeat(7);
    const sentence = "A password has at least 8 characters; this one has 7.";
    const response = await browse(auth.first).signUp({ password: short });
    const { wrong } = await pageOf(response, 422);
    assert.equal(wrong("password"), `Error: ${sentence}`);
    const headers = bearer(await signUp(auth.first));
    const body = {
      current_password: "an engine of difference",
      new_password: short,
    };
    const { errors } = await problemOf(
      await send(auth.first, "PUT", "/me/password", body, headers),
      422,
    );
    assert.deepEqual(errors, [{ pointer: "/new_password", detail: sentence }]);
  });
});
