import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { count, password } from "../../../support/auth/domain.ts";
import {
  jsonOf,
  logIn,
  me,
  post,
  signUp,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

const stored = "joerg@xn--mnchen-beispiel-zvb.de";
const spellings = [
  "joerg@münchen-beispiel.de",
  "joerg@mu\u0308nchen-beispiel.de",
  "JOERG@MÜNCHEN-BEISPIEL.DE",
  "joerg@münchen-beispiel。de",
  stored,
];
const [email = ""] = spellings;
const localPart = /^The part before the @ can only contain the letters a to z/;

describe("Accounts with an international email domain", () => {
  const auth = useAuth();

  for (const chosen of spellings)
    it(`logs in to the account of ${JSON.stringify(chosen)} in every spelling`, async () => {
      const { user } = await signUp(auth.first, { email: chosen });
      assert.equal(user.email.toLowerCase(), stored);
      for (const typed of spellings) {
        const tokens = await logIn(auth.second, { email: typed });
        assert.deepEqual(await jsonOf(await me(auth.first, tokens), 200), user);
        const again = { email: typed, password };
        await problemOf(await post(auth.second, "/signup", again), 409);
      }
      assert.equal(await count(auth.first.database, "users"), 1);
    });

  it("does not log in with a domain that only looks alike", async () => {
    await signUp(auth.first, { email });
    for (const other of [
      "joerg@munchen-beispiel.de",
      "joerg@münchen-bеispiel.de", // a Cyrillic letter
    ]) {
      const body = { email: other, password };
      await problemOf(await post(auth.first, "/login", body), 401);
      await signUp(auth.first, { email: other });
    }
  });

  it("rejects letters outside ASCII before the @ with the reason", async () => {
    const body = { email: "jörg@münchen-beispiel.de", password };
    const { errors = [] } = await problemOf(
      await post(auth.first, "/signup", body),
      422,
    );
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ["/email"],
    );
    assert.match(errors[0]?.detail ?? "", localPart);
    await problemOf(await post(auth.first, "/login", body), 401);
    const page = await pageOf(await browse(auth.first).signUp(body), 422);
    assert.match(page.wrong("email") ?? "", /letters a to z/);
    assert.match(page.input("email"), / value="jörg@münchen-beispiel\.de"/);
  });

  it("accepts an international domain on the sign-up and sign-in pages", async () => {
    const browser = browse(auth.first);
    await browser.done("/sign-up", { email, password });
    await browser.post("/sign-out", {});
    await browser.done("/sign-in", { email, password });
    assert.equal(await browser.signedInAs(), stored);
  });

  it("renders inputs that accept an international domain in every browser", async () => {
    for (const path of ["/sign-in", "/sign-up"]) {
      const response = await browse(auth.first).request(path);
      const tag = (await pageOf(response, 200)).input("email");
      // Safari accepts only ASCII in inputs of type email.
      assert.match(tag, / type="text" inputmode="email" /);
      assert.match(
        tag,
        / autocapitalize="none" autocorrect="off" spellcheck="false" /,
      );
      assert.match(tag, / autocomplete="username" required/);
    }
  });
});

describe("Login limits for an international email domain", () => {
  const once = { burst: 1, intervalSeconds: 90 };
  const auth = useAuth({
    rateLimits: {
      account: { name: "account", ...once },
      knownDevice: { name: "device", ...once },
    },
  });
  const guess = { password: "another engine" };

  it("counts failures of every spelling together", async () => {
    await signUp(auth.first, { email });
    const first = { email, ...guess };
    await problemOf(await post(auth.first, "/login", first), 401);
    for (const typed of spellings)
      await problemOf(
        await post(auth.second, "/login", { email: typed, password }),
        429,
      );
  });

  it("recognizes the owner's browser in every spelling", async () => {
    const browser = browse(auth.first);
    await browser.signUp({ email });
    for (const typed of spellings) {
      await browser.post("/sign-out", {});
      await browse(auth.second).signIn({ email: typed, ...guess });
      assert.equal((await browser.signIn({ email: typed })).status, 303);
    }
  });
});
