import assert from "node:assert/strict";
import { createAuth } from "../../services/auth/app.ts";
import { problemOf } from "./problem.ts";

const { app } = createAuth();

/** Sends the form as browsers do. */
const login = (fields: Record<string, string>) =>
  app.request("/login", { method: "POST", body: new URLSearchParams(fields) });

const post = (body: string, type: string) =>
  app.request("/login", {
    method: "POST",
    body,
    headers: { "content-type": type },
  });

/** Asserts that a response is the page, with this status, and gives what it shows as an error, and its HTML. */
async function pageOf(response: Response, status: number) {
  const html = await response.text();
  assert.equal(response.status, status, html);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(html, /^<!doctype html>/);
  const error = /<p class="error" role="alert" id="error">(.*?)<\/p>/.exec(
    html,
  )?.[1];
  return { html, error };
}

const page = async () => pageOf(await app.request("/"), 200);

/** The tag of the input with this id. */
const input = (html: string, id: string) =>
  new RegExp(`<input id="${id}"[^>]*>`).exec(html)?.[0] ?? "";

describe("The login page", () => {
  it("is the first that somebody sees, and shows no error", async () => {
    assert.equal((await page()).error, undefined);
  });

  for (const [id, label, type, autocomplete] of [
    ["email", "Email address", "email", "username"],
    ["password", "Password", "password", "current-password"],
  ])
    it(`has a field ${id} that people and password managers know`, async () => {
      const { html } = await page();
      const tag = input(html, id as string);
      assert.ok(html.includes(`<label for="${id}">${label}</label>`));
      assert.ok(tag.includes(`name="${id}" type="${type}"`), tag);
      assert.ok(tag.includes(`autocomplete="${autocomplete}"`), tag);
      assert.match(tag, / required/);
    });

  it("sends its form to /login, with a button", async () => {
    const { html } = await page();
    assert.match(html, /<form method="post" action="\/login">/);
    assert.match(html, /<button type="submit">Sign in<\/button>/);
  });

  it("needs no script, and nothing from elsewhere", async () => {
    assert.doesNotMatch((await page()).html, /<script|\son\w+=|https?:/i);
  });

  it("says its language and title", async () => {
    const { html } = await page();
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<title>Sign in – Marquee<\/title>/);
  });

  for (const [path, method] of [
    ["/", "GET"],
    ["/login", "POST"],
  ] as const)
    it(`has its style let through by the policy of ${method} ${path}`, async () => {
      const response = await app.request(path, { method });
      const policy = response.headers.get("content-security-policy") ?? "";
      const nonce = /<style nonce="(.+?)">/.exec(await response.text())?.[1];
      assert.ok(nonce);
      assert.ok(policy.includes(`style-src 'self' 'nonce-${nonce}'`), policy);
    });

  it("has no style that the policy would refuse", async () => {
    assert.doesNotMatch((await page()).html, /\sstyle=|<link/);
  });

  it("is where /login leads when it is opened as a page", async () => {
    const response = await app.request("/login");
    assert.equal(response.status, 302);
    assert.equal(response.headers.get("location"), "/");
  });
});

describe("A login", () => {
  const missing: [Record<string, string>, string][] = [
    [{}, "Please enter your email address and your password."],
    [{ email: "a@b.c" }, "Please enter your password."],
    [{ email: "a@b.c", password: "" }, "Please enter your password."],
    [{ password: "hunter2" }, "Please enter your email address."],
    [{ email: " ", password: "x" }, "Please enter your email address."],
  ];
  for (const [fields, message] of missing)
    it(`with ${JSON.stringify(fields)} is told: ${message}`, async () => {
      const { error } = await pageOf(await login(fields), 422);
      assert.equal(error, message);
    });

  it("without a body is told what is missing", async () => {
    const response = await app.request("/login", { method: "POST" });
    await pageOf(response, 422);
  });

  it("that is wrong is refused with the page", async () => {
    const fields = { email: "a@b.c", password: "hunter2" };
    const { error, html } = await pageOf(await login(fields), 401);
    assert.equal(error, "No account has this email address and password.");
    assert.match(html, /<title>Error: Sign in/);
  });

  it("that is wrong says so to screen readers at the field", async () => {
    const fields = { email: "a@b.c", password: "hunter2" };
    const { html } = await pageOf(await login(fields), 401);
    assert.match(input(html, "email"), /aria-describedby="error"/);
  });

  it("works from a multipart form as well", async () => {
    const body = new FormData();
    body.set("email", "a@b.c");
    body.set("password", "hunter2");
    const response = await app.request("/login", { method: "POST", body });
    assert.match(
      input((await pageOf(response, 401)).html, "email"),
      /value="a@b\.c"/,
    );
  });

  it("does not have to be typed again: the email address stays", async () => {
    const { html } = await pageOf(await login({ email: "ann@b.c" }), 422);
    assert.match(input(html, "email"), /value="ann@b\.c"/);
  });

  for (const email of [
    `"><script>alert(1)</script>`,
    `" autofocus onfocus="alert(1)`,
    "</style><img src=x onerror=alert(1)>",
    "&quot;'<",
  ])
    it(`as ${email} stays text`, async () => {
      const { html } = await pageOf(await login({ email }), 422);
      const escaped = email
        .replace(/&/g, "&amp;")
        .replace(/</g, "&lt;")
        .replace(/>/g, "&gt;")
        .replace(/"/g, "&quot;")
        .replace(/'/g, "&#39;");
      assert.ok(html.includes(`required value="${escaped}"`), html);
      assert.ok(!html.includes(email));
    });

  for (const [status, email] of [
    [401, "a@b.c"],
    [422, ""],
  ] as const)
    it(`answered with ${status} never shows the password`, async () => {
      const response = await login({ email, password: "hunter2" });
      const { html } = await pageOf(response, status);
      assert.doesNotMatch(html, /hunter2/);
      assert.doesNotMatch(input(html, "password"), /value/);
    });

  const form = "multipart/form-data";
  const garbage: [string, string, string, number][] = [
    ["JSON", '{"email":"a@b.c"}', "application/json", 415],
    ["text", "email=a@b.c", "text/plain", 415],
    ["a type that only begins like a form's", "", `${form}x`, 415],
    ["multipart garbage", "--x\r\ngarbage", `${form}; boundary=x`, 400],
    ["multipart without boundary", "--x\r\n", form, 400],
  ];
  for (const [what, body, type, status] of garbage)
    it(`that is ${what} gets a problem ${status}`, async () => {
      const { detail } = await problemOf(await post(body, type), status);
      assert.equal(detail, "Send the fields email and password as a form.");
    });

  it("with a file for an email address is told that it is missing", async () => {
    const body = new FormData();
    body.set("email", new Blob(["a@b.c"]), "email.txt");
    body.set("password", "hunter2");
    const response = await app.request("/login", { method: "POST", body });
    const { error } = await pageOf(response, 422);
    assert.equal(error, "Please enter your email address.");
  });

  it("with broken percent signs and odd fields is only wrong", async () => {
    const body = "email=%zz%&password=%ff&__proto__=1&email[]=1&a.b=c";
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    await pageOf(await post(body, type), 401);
  });

  it("that is too large is refused", async () => {
    await problemOf(await login({ email: "x".repeat(65_536) }), 413);
  });
});
