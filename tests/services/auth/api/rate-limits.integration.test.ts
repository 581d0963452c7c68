import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import {
  cheap,
  email,
  holdHashes,
  password,
} from "../../../support/auth/domain.ts";
import {
  bearer,
  logIn,
  post,
  send,
  signUp,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";
import { until } from "../../../support/until.ts";

const intervalSeconds = 90;
const once = { burst: 1, intervalSeconds };
const wrong = { email, password: "another engine" };

/** Asserts that a response has a Retry-After of at most this many seconds. */
function isLater(response: Response, most: number) {
  const seconds = Number(response.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= most, `Retry-After: ${seconds}`);
}

describe("Attempt limits of one failure", () => {
  const auth = useAuth({
    trustedProxies: 1,
    rateLimits: {
      account: { name: "account", ...once },
      knownDevice: { name: "device", ...once },
      signUp: { name: "sign-up", ...once },
      password: { name: "password", ...once },
    },
  });

  const from = (address: string) => ({ "x-forwarded-for": address });

  it("returns 429 with Retry-After from POST /login, even for the right password", async () => {
    await signUp(auth.first);
    await problemOf(await post(auth.first, "/login", wrong), 401);
    const response = await post(auth.second, "/login", { email, password });
    isLater(response, intervalSeconds);
    const { detail } = await problemOf(response, 429);
    assert.match(detail, /^There were too many attempts\. Try again in \d+ s/);
  });

  it("returns 429 from the sign-in page, and keeps the entered address", async () => {
    await signUp(auth.first);
    await browse(auth.first).signIn(wrong);
    const response = await browse(auth.second).signIn();
    isLater(response, intervalSeconds);
    const { alert, input, title } = await pageOf(response, 429);
    assert.match(alert ?? "", /too many attempts.*in (2 minutes|\d+ seconds)/);
    assert.match(title ?? "", /^Error: Sign in/);
    assert.match(input("email"), /value="ada@example\.com"/);
  });

  it("limits neither other networks nor known devices", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    await browser.post("/sign-out", {});
    await browse(auth.first).signIn(wrong);
    assert.equal((await browser.signIn()).status, 303);
    const elsewhere = from("198.51.100.7");
    const response = await post(
      auth.first,
      "/login",
      { email, password },
      elsewhere,
    );
    assert.equal(response.status, 200);
  });

  it("does not limit successful logins", async () => {
    await signUp(auth.first);
    for (let i = 0; i < 5; i++) await logIn(auth.first);
  });

  it("returns 429 for the second sign-up from one network, from the API and the page", async () => {
    const home = from("192.0.2.1");
    await post(auth.first, "/signup", { email, password }, home);
    const eve = { email: "eve@example.com", password };
    const response = await post(auth.second, "/signup", eve, home);
    isLater(response, intervalSeconds);
    await problemOf(response, 429);
    const page = await browse(auth.first).post("/sign-up", eve, home);
    const { alert } = await pageOf(page, 429);
    assert.match(alert ?? "", /too many attempts/);
    const elsewhere = from("2001:db8::1");
    const other = await post(auth.first, "/signup", eve, elsewhere);
    assert.equal(other.status, 201);
  });

  it("limits password guesses with a stolen access token", async () => {
    const headers = bearer(await signUp(auth.first));
    const guess = { password: wrong.password };
    const remove = (body: object) =>
      send(auth.first, "DELETE", "/me", body, headers);
    await problemOf(await remove(guess), 403);
    const response = await remove({ password });
    isLater(response, intervalSeconds);
    await problemOf(response, 429);
    const body = { current_password: password, new_password: "a new engine" };
    await problemOf(
      await send(auth.second, "PUT", "/me/password", body, headers),
      429,
    );
  });

  for (const [path, guess, right] of [
    [
      "/delete-account",
      { password: "x", understood: "yes" },
      { password, understood: "yes" },
    ],
    [
      "/change-password",
      { current_password: "x", new_password: "a new engine" },
      { current_password: password, new_password: "a new engine" },
    ],
  ] as [string, Record<string, string>, Record<string, string>][])
    it(`limits password guesses with a stolen session at ${path}`, async () => {
      const browser = browse(auth.first);
      await browser.signUp();
      await pageOf(await browser.post(path, guess), 422);
      const response = await browser.post(path, right);
      isLater(response, intervalSeconds);
      const { alert } = await pageOf(response, 429);
      assert.match(alert ?? "", /too many attempts/);
      assert.equal(await browser.signedInAs(), email);
    });
});

describe("Password hashing at capacity", () => {
  const auth = useAuth({
    hasher: {
      parameters: cheap,
      concurrency: 1,
      maxQueue: 0,
      maxWaitMs: 3_000,
    },
  });
  let release: () => void;
  beforeEach(() => {
    release = holdHashes();
  });
  afterEach(() => release());

  const hashes = async () => {
    const metrics = await auth.first.app.request("/metrics");
    return Number(
      /^auth_password_hashes (\d+)$/m.exec(await metrics.text())?.[1],
    );
  };

  it("counts running hashes in the metrics", async () => {
    assert.equal(await hashes(), 0);
    const login = post(auth.first, "/login", { email, password });
    await until(async () => (await hashes()) === 1);
    release();
    await login;
    assert.equal(await hashes(), 0);
  });

  it("returns 503 with Retry-After from the API and the page", async () => {
    const busy: Response[] = [];
    const logins = Array.from({ length: 4 }, async (_, i) => {
      const response = await (i % 2
        ? post(auth.first, "/login", { email, password })
        : browse(auth.first).signIn());
      if (response.status === 503) busy.push(response);
    });
    await until(() => busy.length === 3);
    release();
    await Promise.all(logins);
    assert.equal(busy.length, 3);
    const types = new Set<string>();
    for (const response of busy) {
      isLater(response, 3);
      const type = response.headers.get("content-type") ?? "";
      types.add(type);
      if (!type.startsWith("text/html")) {
        const { detail } = await problemOf(response, 503);
        assert.match(detail, /^The service is overloaded/);
        continue;
      }
      const { alert, input } = await pageOf(response, 503);
      assert.match(alert ?? "", /try again in a few seconds/i);
      assert.match(input("email"), /value="ada@example\.com"/);
    }
    assert.equal(types.size, 2);
  });
});
