import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { count, email, password } from "../../../support/auth/domain.ts";
import { signUp, useAuth } from "../../../support/auth/service.ts";

const wrong = "No account has this email address and password.";

describe("Sign-in page", () => {
  const auth = useAuth();

  it("leads to the account page, at any replica", async () => {
    await signUp(auth.first);
    const browser = browse(auth.first);
    const { heading, title } = await browser.done("/sign-in", {
      email: ` ${email.toUpperCase()} `,
      password,
    });
    assert.equal(heading, "Your account");
    assert.equal(title, "Your account – Marquee");
    assert.equal(await browser.signedInAs(), email);
    const other = browse(auth.second);
    for (const cookie of browser.cookies) other.cookies.set(...cookie);
    assert.equal(await other.signedInAs(), email);
  });

  it("accepts a multipart form", async () => {
    await signUp(auth.first);
    const body = new FormData();
    body.set("email", email);
    body.set("password", password);
    assert.equal((await browse(auth.first).post("/sign-in", body)).status, 303);
  });

  it("returns the same page for a wrong password and an unknown address", async () => {
    await signUp(auth.first);
    const pages = [];
    for (const fields of [
      { email, password: "another engine" },
      { email: "eve@example.com", password: "another engine" },
    ]) {
      const response = await browse(auth.first).signIn(fields);
      const { html, alert, title } = await pageOf(response, 401);
      assert.equal(alert, wrong);
      assert.equal(title, "Error: Sign in – Marquee");
      assert.deepEqual(response.headers.getSetCookie(), []);
      pages.push(
        html.replace(/nonce="[^"]*"/, "").replace(/(ada|eve)@example/g, "x"),
      );
    }
    assert.equal(pages[0], pages[1]);
  });

  it("marks both fields after a failure, and keeps the address", async () => {
    const { input } = await pageOf(await browse(auth.first).signIn(), 401);
    assert.match(input("email"), /value="ada@example\.com"/);
    for (const name of ["email", "password"])
      assert.match(input(name), /aria-describedby="alert"/);
  });

  const missing: [Record<string, string>, string[]][] = [
    [{}, ["Enter your email address.", "Enter your password."]],
    [{ email }, ["Enter your password."]],
    [{ password }, ["Enter your email address."]],
    [{ email: " ", password }, ["Enter your email address."]],
  ];
  for (const [fields, sentences] of missing)
    it(`shows "${sentences.join(" ")}" for a form with ${Object.keys(fields).join(" and ") || "no fields"}`, async () => {
      const response = await browse(auth.first).post("/sign-in", fields);
      const { alert, wrong, input } = await pageOf(response, 422);
      assert.equal(
        alert,
        ["Please check what you entered:", ...sentences].join(" "),
      );
      for (const sentence of sentences) {
        const name = sentence.includes("email") ? "email" : "password";
        assert.equal(wrong(name), `Error: ${sentence}`);
        assert.match(input(name), /aria-invalid="true"/);
        assert.match(input(name), new RegExp(`describedby="${name}-error"`));
      }
    });

  it("reports a file in place of the email address as missing", async () => {
    const body = new FormData();
    body.set("email", new Blob([email]), "email.txt");
    body.set("password", password);
    const response = await browse(auth.first).post("/sign-in", body);
    const { wrong } = await pageOf(response, 422);
    assert.equal(wrong("email"), "Error: Enter your email address.");
  });

  for (const path of ["/sign-in", "/sign-up"])
    for (const given of [
      `"><script>alert(1)</script>`,
      `" autofocus onfocus="alert(1)`,
      "</style><img src=x onerror=alert(1)>",
      "&quot;'<",
      "\u2028\u202eцирк💥\0",
      "a@b.c\r\nSet-Cookie: marquee-session=x",
    ])
      it(`escapes ${JSON.stringify(given)} at ${path}`, async () => {
        const fields = { email: given, password: "short" };
        const response = await browse(auth.first).post(path, fields);
        assert.deepEqual(response.headers.getSetCookie(), []);
        const { html } = await pageOf(
          response,
          path === "/sign-in" ? 401 : 422,
        );
        const escaped = given
          .replace(/&/g, "&amp;")
          .replace(/</g, "&lt;")
          .replace(/>/g, "&gt;")
          .replace(/"/g, "&quot;")
          .replace(/'/g, "&#39;");
        assert.ok(html.includes(` value="${escaped}"`), html);
        assert.ok(given === escaped || !html.includes(given));
      });

  it("never shows the password", async () => {
    const secret = "hunter2-hunter2";
    for (const [status, path, given] of [
      [401, "/sign-in", email],
      [422, "/sign-in", ""],
      [422, "/sign-up", "no address"],
    ] as const) {
      const fields = { email: given, password: secret };
      const response = await browse(auth.first).post(path, fields);
      const { html, input } = await pageOf(response, status);
      assert.ok(!html.includes(secret));
      assert.doesNotMatch(input("password"), /value/);
    }
  });

  const form = "multipart/form-data";
  const garbage: [string, string, string, number][] = [
    ["a JSON body", '{"email":"a@b.c"}', "application/json", 415],
    ["a text body", "email=a@b.c", "text/plain", 415],
    ["a media type that only starts like a form's", "", `${form}x`, 415],
    ["malformed multipart data", "--x\r\ngarbage", `${form}; boundary=x`, 400],
    ["multipart data without a boundary", "--x\r\n", form, 400],
  ];
  for (const [what, body, type, status] of garbage)
    it(`returns a page with ${status} for ${what}`, async () => {
      const headers = { "content-type": type };
      const response = await browse(auth.first).post("/sign-in", body, headers);
      const { html } = await pageOf(response, status);
      assert.match(html, /This can’t be read as a form\./);
    });

  it("returns 401 for malformed percent-encoding and unknown fields", async () => {
    const body =
      "email=%zz%&password=%ff&__proto__=1&email[]=1&a.b=c&password=second";
    const headers = {
      "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
    };
    const response = await browse(auth.first).post("/sign-in", body, headers);
    await pageOf(response, 401);
  });

  it("returns 413 for a body that is too large", async () => {
    const response = await browse(auth.first).signIn({
      email: "x".repeat(65_536),
    });
    assert.equal(response.status, 413);
  });

  it("creates a new session in place of a planted cookie", async () => {
    await signUp(auth.first);
    const planted = "A".repeat(43);
    const browser = browse(auth.first);
    browser.cookies.set("marquee-session", planted);
    await browser.signIn();
    assert.notEqual(browser.cookies.get("marquee-session"), planted);
    const attacker = browse(auth.first);
    attacker.cookies.set("marquee-session", planted);
    assert.equal(await attacker.signedInAs(), undefined);
  });

  it("ends the browser's previous session", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const old = browse(auth.first);
    for (const cookie of browser.cookies) old.cookies.set(...cookie);
    await browser.signIn();
    assert.equal(await old.signedInAs(), undefined);
    assert.equal(await browser.signedInAs(), email);
    assert.equal(await count(auth.first.database, "sessions"), 1);
  });

  it("keeps the browser's session after a failure", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    await browser.signIn({ password: "another engine" });
    assert.equal(await browser.signedInAs(), email);
  });
});
