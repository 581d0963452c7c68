import type { Dependencies } from "../dependencies.ts";
import { createPageApp, renderPage } from "../http/page-response.ts";
import { createPageSessions } from "../http/page-sessions.ts";
import { accountPage } from "../pages/account.ts";
import { favicon } from "../pages/favicon.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signUpPage } from "../pages/sign-up.ts";
import { accountForms } from "./account-forms.ts";
import { signInForms } from "./sign-in-forms.ts";

/** Targets of forms. After an error the address bar shows them, so GET must lead to a page. */
const formPaths = {
  "/sign-out": "/",
  "/change-password": "/account",
  "/delete-account": "/account",
};

/**
 * The HTML pages and their forms: GET /sign-in, /sign-up, /account, and GET /, which shows one of these. No page needs
 * JavaScript, and no GET changes anything.
 */
export function pageRoutes(dependencies: Dependencies) {
  const app = createPageApp();
  const browser = createPageSessions(dependencies);

  app.get("/", async (c) => {
    const login = await browser.login(c);
    const notice = browser.takeFlash(c);
    return renderPage(
      c,
      login
        ? accountPage({ user: login.user, flash: notice })
        : signInPage({ flash: notice }),
    );
  });

  app.get("/sign-in", async (c) =>
    (await browser.login(c))
      ? c.redirect("/")
      : renderPage(c, signInPage({ flash: browser.takeFlash(c) })),
  );

  app.get("/sign-up", async (c) =>
    (await browser.login(c)) ? c.redirect("/") : renderPage(c, signUpPage({})),
  );

  app.get("/account", async (c) => {
    const login = await browser.login(c);
    return login
      ? renderPage(
          c,
          accountPage({ user: login.user, flash: browser.takeFlash(c) }),
        )
      : c.redirect("/sign-in");
  });

  for (const [path, page] of Object.entries(formPaths))
    app.get(path, (c) => c.redirect(page));

  app.get("/icon.svg", (c) =>
    c.body(favicon, 200, {
      "content-type": "image/svg+xml",
      "cache-control": "public, max-age=86400", // one day
    }),
  );

  signInForms(app, browser, dependencies);
  accountForms(app, browser, dependencies);
  return app;
}
