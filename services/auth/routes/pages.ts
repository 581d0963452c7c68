import type { Dependencies } from "../dependencies.ts";
import { createPageApp, renderPage } from "../http/page-response.ts";
import { createPageSessions } from "../http/page-sessions.ts";
import { accountPage } from "../pages/account.ts";
import { favicon } from "../pages/favicon.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signUpPage } from "../pages/sign-up.ts";
import { accountForms } from "./account-forms.ts";
import { signInForms } from "./sign-in-forms.ts";

/** Where forms are sent to, and what the address bar shows after a mistake: who opens these again is to find a page. */
const formPaths = {
  "/sign-out": "/",
  "/change-password": "/account",
  "/delete-account": "/account",
};

/**
 * The pages for people, and their forms: GET /sign-in, /sign-up and /account, and GET /, which is one of these where no
 * other service has a first page. None needs JavaScript; no GET changes anything.
 */
export function pageRoutes(parts: Dependencies) {
  const app = createPageApp();
  const browser = createPageSessions(parts);

  app.get("/", async (c) => {
    const login = await browser.login(c);
    const notice = browser.told(c);
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
      : renderPage(c, signInPage({ flash: browser.told(c) })),
  );

  app.get("/sign-up", async (c) =>
    (await browser.login(c)) ? c.redirect("/") : renderPage(c, signUpPage({})),
  );

  app.get("/account", async (c) => {
    const login = await browser.login(c);
    return login
      ? renderPage(c, accountPage({ user: login.user, flash: browser.told(c) }))
      : c.redirect("/sign-in");
  });

  for (const [path, page] of Object.entries(formPaths))
    app.get(path, (c) => c.redirect(page));

  app.get("/icon.svg", (c) =>
    c.body(favicon, 200, {
      "content-type": "image/svg+xml",
      "cache-control": "public, max-age=86400", // seconds: a day
    }),
  );

  signInForms(app, browser, parts);
  accountForms(app, browser, parts);
  return app;
}
