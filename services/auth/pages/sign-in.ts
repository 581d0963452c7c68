import { errorSummary, type FormErrors, hasErrors } from "@marquee/service-kit";
import { html } from "hono/html";
import { type Notice, noticeBox } from "./flash.ts";
import { field } from "./form-field.ts";
import type { Page } from "./layout.ts";

export interface SignIn {
  /** What was entered before. */
  email?: string;
  mistakes?: FormErrors;
  notice?: Notice | undefined;
}

/** Signing in, and the way to an account. */
export const signInPage = ({
  email = "",
  mistakes = {},
  notice,
}: SignIn): Page => ({
  title: "Sign in",
  description:
    "Sign in to Marquee, and go on with your film where you stopped, on any device.",
  error: hasErrors(mistakes),
  shape: "card",
  content: html`
        <h1>Sign in</h1>
        ${noticeBox(notice)}${errorSummary(mistakes)}
        <form method="post" action="/sign-in">
        ${field({ name: "email", label: "Email address", type: "email", autocomplete: "username", value: email }, mistakes)}
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" }, mistakes)}
          <button class="button wide" type="submit">Sign in</button>
        </form>
        <div class="other">
          <p class="quiet">New to Marquee?</p>
          <a class="button plain wide" href="/sign-up">Create an account</a>
        </div>
      `,
});
