import { type FormErrors, parseForm, sameOrigin } from "@marquee/service-kit";
import { ValidationError } from "../accounts/accounts.ts";
import type { Dependencies } from "../dependencies.ts";
import {
  type createPageApp,
  renderPage,
  renderRetryLater,
} from "../http/page-response.ts";
import type { PageSessions } from "../http/page-sessions.ts";
import { accountPage } from "../pages/account.ts";

const wrongPassword = "This is not your current password.";

/** POST /change-password and /delete-account: 303 to the next page, or the account page again with the errors. */
export function accountForms(
  app: ReturnType<typeof createPageApp>,
  browser: PageSessions,
  { accounts }: Dependencies,
): void {
  app.post("/change-password", sameOrigin, async (c) => {
    const { current_password: current, new_password: next } = await parseForm(
      c,
      "current_password",
      "new_password",
    );
    const login = await browser.login(c);
    if (!login) return c.redirect("/sign-in", 303);
    const page = (changePassword: FormErrors) =>
      accountPage({ user: login.user, changePassword });
    const reject = (fields: Record<string, string>) =>
      renderPage(c, page({ fields }), 422);
    if (!current || !next)
      return reject({
        ...(current ? {} : { current_password: "Enter your password." }),
        ...(next ? {} : { new_password: "Enter a new password." }),
      });
    try {
      const caller = browser.caller(c);
      if (!(await accounts.changePassword(caller, login, current, next)))
        return reject({ current_password: wrongPassword });
    } catch (error) {
      if (error instanceof ValidationError)
        return reject({ new_password: error.message });
      return renderRetryLater(c, error, (alert) => page({ alert }));
    }
    return browser.redirectWithFlash(c, "password-changed", "/account");
  });

  app.post("/delete-account", sameOrigin, async (c) => {
    const { password, understood } = await parseForm(
      c,
      "password",
      "understood",
    );
    const login = await browser.login(c);
    if (!login) return c.redirect("/sign-in", 303);
    const page = (deleteAccount: FormErrors) =>
      accountPage({ user: login.user, deleteAccount });
    const reject = (fields: Record<string, string>) =>
      renderPage(c, page({ fields }), 422);
    if (!password || !understood)
      return reject({
        ...(password ? {} : { password: "Enter your password." }),
        ...(understood ? {} : { understood: "Confirm that you understand." }),
      });
    try {
      const caller = browser.caller(c);
      if (!(await accounts.deleteAccount(caller, login.user, password)))
        return reject({ password: wrongPassword });
    } catch (error) {
      return renderRetryLater(c, error, (alert) => page({ alert }));
    }
    browser.forget(c);
    return browser.redirectWithFlash(c, "account-deleted");
  });
}
