import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { count, email, password } from "../../../support/auth/domain.ts";
import { logIn, me, post, useAuth } from "../../../support/auth/service.ts";

const another = "a second engine";

describe("Sign-up page", () => {
  const auth = useAuth();

  it("leads to the account page, which shows a welcome once", async () => {
    const browser = browse(auth.first);
    const page = await browser.done("/sign-up", { email, password });
    assert.equal(page.heading, "Your account");
    assert.equal(page.notice, "Welcome to Marquee. Your account is ready.");
    const { notice, html } = await pageOf(await browser.request("/"), 200);
    assert.equal(notice, undefined);
    const today = new Date().toISOString().slice(0, 10);
    assert.match(html, new RegExp(`<time datetime="${today}T`));
    await logIn(auth.second);
  });

  it("shows each field's error, and keeps the address", async () => {
    const fields = { email: "ada@example", password: "short" };
    const response = await browse(auth.first).post("/sign-up", fields);
    const { wrong, input, title, alert } = await pageOf(response, 422);
    assert.equal(title, "Error: Create your account – Marquee");
    assert.match(wrong("email") ?? "", /not an email address/);
    assert.match(wrong("password") ?? "", /at least 8 characters/);
    assert.match(alert ?? "", /not an email address.*at least 8 characters/);
    assert.match(input("email"), /value="ada@example"/);
    assert.match(
      input("password"),
      /aria-describedby="password-hint password-error" aria-invalid="true"/,
    );
  });

  it("reports that the address has an account", async () => {
    await browse(auth.first).signUp();
    const browser = browse(auth.second);
    const response = await browser.signUp({ password: another });
    const { wrong } = await pageOf(response, 409);
    assert.match(wrong("email") ?? "", /There is an account with this email/);
    assert.equal(browser.cookies.size, 0);
  });

  it("redirects a signed-in user to the first page", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const response = await browser.request("/sign-up");
    assert.equal(response.headers.get("location"), "/");
  });
});

describe("Sign-out", () => {
  const auth = useAuth();

  it("ends the session in the browser and the database, and confirms it once", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const copy = browse(auth.second);
    for (const cookie of browser.cookies) copy.cookies.set(...cookie);
    const page = await browser.done("/sign-out", {});
    assert.equal(page.heading, "Sign in");
    assert.equal(page.notice, "You are signed out.");
    assert.equal(browser.cookies.get("marquee-session"), undefined);
    assert.equal(await copy.signedInAs(), undefined);
    assert.equal(await count(auth.first.database, "sessions"), 0);
    const { notice } = await pageOf(await browser.request("/"), 200);
    assert.equal(notice, undefined);
  });

  it("keeps the user's other sessions", async () => {
    const [browser, other] = [browse(auth.first), browse(auth.first)];
    await browser.signUp();
    await other.signIn();
    await browser.post("/sign-out", {});
    assert.equal(await other.signedInAs(), email);
  });

  it("succeeds without a session", async () => {
    await browse(auth.first).done("/sign-out", {});
  });
});

describe("Notice cookie", () => {
  const auth = useAuth();

  for (const name of ["toString", "<script>", "x"])
    it(`shows no notice for the unknown name ${name}`, async () => {
      const browser = browse(auth.first);
      browser.cookies.set("marquee-notice", encodeURIComponent(name));
      const { notice } = await pageOf(await browser.request("/"), 200);
      assert.equal(notice, undefined);
    });
});

describe("Change-password form", () => {
  const auth = useAuth();

  const fields = { current_password: password, new_password: another };

  it("changes the password, signs out all other devices, and confirms it once", async () => {
    const [browser, other] = [browse(auth.first), browse(auth.second)];
    await browser.signUp();
    await other.signIn();
    const tokens = await logIn(auth.first);
    const page = await browser.done("/change-password", fields, "/account");
    assert.equal(
      page.notice,
      "Your password was changed. All other devices are signed out.",
    );
    assert.equal(await browser.signedInAs(), email);
    assert.equal(await other.signedInAs(), undefined);
    assert.equal((await me(auth.first, tokens)).status, 401);
    await logIn(auth.first, { password: another });
  });

  const invalidForms: [string, object, string, RegExp][] = [
    [
      "a wrong current password",
      { current_password: another },
      "current_password",
      /not your current/,
    ],
    [
      "a missing current password",
      { current_password: "" },
      "current_password",
      /Enter your/,
    ],
    [
      "a missing new password",
      { new_password: "" },
      "new_password",
      /Enter a new/,
    ],
    [
      "a short new password",
      { new_password: "short" },
      "new_password",
      /at least 8/,
    ],
  ];
  for (const [what, change, field, sentence] of invalidForms)
    it(`rejects ${what}`, async () => {
      const browser = browse(auth.first);
      await browser.signUp();
      const response = await browser.post("/change-password", {
        ...fields,
        ...change,
      });
      const { wrong, alert, title, html } = await pageOf(response, 422);
      assert.match(wrong(field) ?? "", sentence);
      assert.match(alert ?? "", sentence);
      assert.equal(title, "Error: Your account – Marquee");
      assert.ok(!html.includes(another));
      await logIn(auth.first);
    });

  it("tells password managers the account's address", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const { html, input } = await pageOf(await browser.request("/"), 200);
    assert.match(
      html,
      /<input type="email" autocomplete="username" value="ada@example\.com" readonly hidden>/,
    );
    assert.match(input("current_password"), /"current-password"/);
    assert.match(input("new_password"), /"new-password"/);
  });

  it("redirects a visitor to the sign-in page, and changes nothing", async () => {
    await browse(auth.first).signUp();
    const response = await browse(auth.first).post("/change-password", fields);
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/sign-in");
    await logIn(auth.first);
  });
});

describe("Delete-account form", () => {
  const auth = useAuth();

  const fields = { password, understood: "yes" };

  it("deletes the account and the browser's cookies, and confirms it", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const page = await browser.done("/delete-account", fields);
    assert.equal(page.heading, "Sign in");
    assert.match(page.notice ?? "", /^Your account was deleted/);
    assert.equal(browser.cookies.size, 0);
    assert.equal(await count(auth.first.database, "users"), 0);
    assert.equal(
      (await post(auth.first, "/login", { email, password })).status,
      401,
    );
  });

  const invalidForms: [string, Record<string, string>, string, RegExp][] = [
    ["without the confirmation", { password }, "understood", /Confirm that/],
    ["without the password", { understood: "yes" }, "password", /Enter your/],
    [
      "with a wrong password",
      { ...fields, password: another },
      "password",
      /not your current/,
    ],
  ];
  for (const [what, given, field, sentence] of invalidForms)
    it(`rejects a deletion ${what}`, async () => {
      const browser = browse(auth.first);
      await browser.signUp();
      const response = await browser.post("/delete-account", given);
      const { wrong, html } = await pageOf(response, 422);
      assert.match(wrong(field) ?? "", sentence);
      assert.match(html, /<details open>/);
      assert.equal(await browser.signedInAs(), email);
    });

  it("redirects a visitor to the sign-in page, and deletes nothing", async () => {
    await browse(auth.first).signUp();
    const response = await browse(auth.first).post("/delete-account", fields);
    assert.equal(response.headers.get("location"), "/sign-in");
    assert.equal(await count(auth.first.database, "users"), 1);
  });
});
