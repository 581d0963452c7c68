import { type FormErrors, parseForm, sameOrigin } from "@marquee/service-kit";
import { EmailTaken, Unacceptable } from "../accounts/accounts.ts";
import type { Parts } from "../dependencies.ts";
import { type createPages, show, showLater } from "../http/page-response.ts";
import type { Browser } from "../http/page-sessions.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signUpPage } from "../pages/sign-up.ts";

/** POST /sign-in, /sign-up, /sign-out: 303 to the first page, or the form again with what is wrong. */
export function signInForms(
  app: ReturnType<typeof createPages>,
  browser: Browser,
  { attempts, sessions }: Parts,
): void {
  app.post("/sign-in", sameOrigin, async (c) => {
    const { email, password } = await parseForm(c, "email", "password");
    const page = (mistakes: FormErrors) => signInPage({ email, mistakes });
    const missing = missingOf(email, password);
    if (missing) return show(c, page({ fields: missing }), 422);
    try {
      const user = await attempts.logIn(browser.caller(c), email, password);
      const login = user && (await sessions.openPage(user));
      if (!login) return show(c, page({ alert: wrong }), 401);
      await browser.signIn(c, user, login);
    } catch (error) {
      return showLater(c, error, (alert) => page({ alert }));
    }
    return c.redirect("/", 303);
  });

  app.post("/sign-up", sameOrigin, async (c) => {
    const { email, password } = await parseForm(c, "email", "password");
    const page = (mistakes: FormErrors) => signUpPage({ email, mistakes });
    const missing = missingOf(email, password);
    if (missing) return show(c, page({ fields: missing }), 422);
    try {
      const user = await attempts.signUp(browser.caller(c), email, password);
      const login = await sessions.openPage(user);
      if (!login) throw new Error("The account was deleted as it was made.");
      await browser.signIn(c, user, login);
    } catch (error) {
      if (error instanceof Unacceptable)
        return show(c, page({ fields: sentencesOf(error) }), 422);
      if (error instanceof EmailTaken)
        return show(c, page({ fields: { email: taken } }), 409);
      return showLater(c, error, (alert) => page({ alert }));
    }
    return browser.tell(c, "welcome");
  });

  app.post("/sign-out", sameOrigin, async (c) => {
    await browser.signOut(c);
    return browser.tell(c, "signed-out");
  });
}

/** One sentence, whichever of both is wrong: nobody learns who has an account. */
const wrong = "No account has this email address and password.";
const taken = "There is an account with this email address: sign in instead.";

/** What to say at the fields that are empty; undefined if none is. */
function missingOf(
  email: string,
  password: string,
): Record<string, string> | undefined {
  const missing = {
    ...(email.trim() ? {} : { email: "Enter your email address." }),
    ...(password ? {} : { password: "Enter your password." }),
  };
  return Object.keys(missing).length > 0 ? missing : undefined;
}

/** What is wrong, by field. */
function sentencesOf({ mistakes }: Unacceptable): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { field, detail } of mistakes)
    fields[field] = fields[field] ? `${fields[field]} ${detail}` : detail;
  return fields;
}
