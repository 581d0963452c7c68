import {
  errorSummary,
  type FormErrors,
  hasErrors,
  type Notice,
} from "@marquee/service-kit";
import { html } from "hono/html";
import { flashBox } from "./flash.ts";
import { formField } from "./form-field.ts";
import type { Page } from "./layout.ts";

export interface SignInPageProps {
  /** The address entered before. */
  email?: string;
  errors?: FormErrors;
  flash?: Notice | undefined;
}

export const signInPage = ({
  email = "",
  errors = {},
  flash,
}: SignInPageProps): Page => ({
  title: "Sign in",
  description:
    "Sign in to Marquee, and go on with your film where you stopped, on any device.",
  error: hasErrors(errors),
  shape: "card",
  content: html`
        <h1>Sign in</h1>
        ${flashBox(flash)}${errorSummary(errors)}
        <form method="post" action="/sign-in">
        ${formField({ name: "email", label: "Email address", type: "email", autocomplete: "username", value: email }, errors)}
        ${formField({ name: "password", label: "Password", type: "password", autocomplete: "current-password" }, errors)}
          <button class="button wide" type="submit">Sign in</button>
        </form>
        <div class="other">
          <p class="quiet">New to Marquee?</p>
          <a class="button plain wide" href="/sign-up">Create an account</a>
        </div>
      `,
});
