import { type FormErrors, parseForm, sameOrigin } from "@marquee/service-kit";
import { EmailTakenError, ValidationError } from "../accounts/accounts.ts";
import type { Dependencies } from "../dependencies.ts";
import {
  type createPageApp,
  renderPage,
  renderRetryLater,
} from "../http/page-response.ts";
import type { PageSessions } from "../http/page-sessions.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signUpPage } from "../pages/sign-up.ts";

/** POST /sign-in, /sign-up and /sign-out: 303 to the home page, or the form again with the errors. */
export function signInForms(
  app: ReturnType<typeof createPageApp>,
  browser: PageSessions,
  { accounts, sessions }: Dependencies,
): void {
  app.post("/sign-in", sameOrigin, async (c) => {
    const { email, password } = await parseForm(c, "email", "password");
    const page = (errors: FormErrors) => signInPage({ email, errors });
    const missing = missingFields(email, password);
    if (missing) return renderPage(c, page({ fields: missing }), 422);
    try {
      const user = await accounts.logIn(browser.caller(c), email, password);
      const login = user && (await sessions.openPage(user));
      if (!login) return renderPage(c, page({ alert: wrongCredentials }), 401);
      await browser.signIn(c, user, login);
    } catch (error) {
      return renderRetryLater(c, error, (alert) => page({ alert }));
    }
    return c.redirect("/", 303);
  });

  app.post("/sign-up", sameOrigin, async (c) => {
    const { email, password } = await parseForm(c, "email", "password");
    const page = (errors: FormErrors) => signUpPage({ email, errors });
    const missing = missingFields(email, password);
    if (missing) return renderPage(c, page({ fields: missing }), 422);
    try {
      const user = await accounts.signUp(browser.caller(c), email, password);
      const login = await sessions.openPage(user);
      if (!login)
        throw new Error("The account was deleted while it was being created.");
      await browser.signIn(c, user, login);
    } catch (error) {
      if (error instanceof ValidationError)
        return renderPage(c, page({ fields: messagesByField(error) }), 422);
      if (error instanceof EmailTakenError)
        return renderPage(c, page({ fields: { email: emailTaken } }), 409);
      return renderRetryLater(c, error, (alert) => page({ alert }));
    }
    return browser.redirectWithFlash(c, "welcome");
  });

  app.post("/sign-out", sameOrigin, async (c) => {
    await browser.signOut(c);
    return browser.redirectWithFlash(c, "signed-out");
  });
}

/** The same message for an unknown address and a wrong password, so that it doesn't reveal which accounts exist. */
const wrongCredentials = "No account has this email address and password.";
const emailTaken =
  "There is an account with this email address: sign in instead.";

/** An error message for each empty field; undefined if both are filled in. */
function missingFields(
  email: string,
  password: string,
): Record<string, string> | undefined {
  const missing = {
    ...(email.trim() ? {} : { email: "Enter your email address." }),
    ...(password ? {} : { password: "Enter your password." }),
  };
  return Object.keys(missing).length > 0 ? missing : undefined;
}

/** The issues by field, joined to one message each. */
function messagesByField({ issues }: ValidationError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { field, detail } of issues)
    fields[field] = fields[field] ? `${fields[field]} ${detail}` : detail;
  return fields;
}
