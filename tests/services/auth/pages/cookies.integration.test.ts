import assert from "node:assert/strict";
import { browse } from "../../../support/auth/browser.ts";
import { email, password } from "../../../support/auth/domain.ts";
import { useAuth } from "../../../support/auth/service.ts";

/** A cookie's attributes in lower case, without Max-Age. */
const attributes = (line = "") =>
  line
    .split(/;\s*/)
    .slice(1)
    .map((each) => each.toLowerCase())
    .filter((each) => !each.startsWith("max-age"))
    .sort();

const maxAge = (line = "") => Number(/max-age=(\d+)/i.exec(line)?.[1]);
const days = 24 * 60 * 60;

describe("Cookies", () => {
  const auth = useAuth({ trustedProxies: 1 });

  const ways: [string, string, string, Record<string, string>][] = [
    ["over http", "http://localhost", "", {}],
    ["over https", "https://localhost", "__Host-", {}],
    [
      "over https up to a proxy",
      "http://localhost",
      "__Host-",
      { "x-forwarded-proto": "https" },
    ],
  ];
  for (const [way, origin, prefix, headers] of ways) {
    const session = `${prefix}marquee-session`;
    const device = `${prefix}marquee-device`;
    const secure = prefix ? ["secure"] : [];

    it(`sets cookies for this host only, and hides them from scripts, ${way}`, async () => {
      const browser = browse(auth.first, origin);
      await browser.post("/sign-up", { email, password }, headers);
      for (const name of [session, device, `${prefix}marquee-notice`])
        assert.deepEqual(
          attributes(browser.setCookie(name)),
          ["httponly", "path=/", "samesite=lax", ...secure],
          name,
        );
      assert.equal(maxAge(browser.setCookie(session)), 90 * days);
      assert.equal(maxAge(browser.setCookie(device)), 400 * days);
    });

    it(`expires the session cookie with the same attributes ${way}`, async () => {
      const browser = browse(auth.first, origin);
      await browser.post("/sign-up", { email, password }, headers);
      await browser.post("/sign-out", {}, headers);
      const line = browser.setCookie(session);
      assert.equal(maxAge(line), 0);
      assert.deepEqual(
        attributes(line).filter((each) => !each.startsWith("expires")),
        ["httponly", "path=/", "samesite=lax", ...secure],
      );
      assert.ok(browser.cookies.has(device), "The device cookie was deleted.");
    });
  }

  it("ignores cookies without __Host- over https, which another host could have set", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const encrypted = browse(auth.first, "https://localhost");
    for (const cookie of browser.cookies) encrypted.cookies.set(...cookie);
    assert.equal(await encrypted.signedInAs(), undefined);
  });

  it("ignores invalid session cookies", async () => {
    for (const odd of ["", "x", "%00", "💥", '"', "A".repeat(4096)]) {
      const browser = browse(auth.first);
      browser.cookies.set("marquee-session", encodeURIComponent(odd));
      assert.equal(await browser.signedInAs(), undefined);
    }
  });

  it("reveals nothing about the session in its cookie", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const value = browser.cookies.get("marquee-session") ?? "";
    assert.match(value, /^[\w-]{43}$/);
    const [row] = await auth.first.database.query<{ all: string }>(
      "SELECT sessions::text AS all FROM sessions",
    );
    assert.ok(row && !row.all.includes(value));
  });
});

describe("X-Forwarded-Proto without a proxy", () => {
  const auth = useAuth();

  it("ignores X-Forwarded-Proto when it names cookies", async () => {
    const browser = browse(auth.first);
    const headers = { "x-forwarded-proto": "https" };
    await browser.post("/sign-up", { email, password }, headers);
    assert.ok(browser.cookies.has("marquee-session"));
  });
});
