import { createBrowser } from "../http/browser.ts";
import { createPages, show } from "../http/page-answer.ts";
import { accountPage } from "../pages/account.ts";
import { icon } from "../pages/icon.ts";
import { signInPage } from "../pages/sign-in.ts";
import { signUpPage } from "../pages/sign-up.ts";
import type { Parts } from "../parts.ts";
import { accountForms } from "./account-forms.ts";
import { signInForms } from "./sign-in-forms.ts";

/** Where forms are sent to, and what the address bar shows after a mistake: who opens these again is to find a page. */
const formPaths = [
  "/sign-in",
  "/sign-out",
  "/change-password",
  "/delete-account",
];

/** The pages for people: GET / and GET /sign-up, and their forms. None needs JavaScript; no GET changes anything. */
export function pageRoutes(parts: Parts) {
  const app = createPages();
  const browser = createBrowser(parts);

  app.get("/", async (c) => {
    const login = await browser.login(c);
    const notice = browser.told(c);
    return show(
      c,
      login
        ? accountPage({ user: login.user, notice })
        : signInPage({ notice }),
    );
  });

  app.get("/sign-up", async (c) =>
    (await browser.login(c)) ? c.redirect("/") : show(c, signUpPage({})),
  );

  for (const path of formPaths) app.get(path, (c) => c.redirect("/"));

  app.get("/icon.svg", (c) =>
    c.body(icon, 200, {
      "content-type": "image/svg+xml",
      "cache-control": "public, max-age=86400", // seconds: a day
    }),
  );

  signInForms(app, browser, parts);
  accountForms(app, browser, parts);
  return app;
}
