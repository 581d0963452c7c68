import { errorSummary, type FormErrors, hasErrors } from "@marquee/service-kit";
import { html } from "hono/html";
import { formField } from "./form-field.ts";
import type { Page } from "./layout.ts";

export interface SignUpPageProps {
  /** The address entered before. */
  email?: string;
  errors?: FormErrors;
}

/** The password policy, shown before the user chooses a password. */
export const passwordHint =
  "8 characters or more. Not one that many people use, and not your email address.";

export const signUpPage = ({
  email = "",
  errors = {},
}: SignUpPageProps): Page => ({
  title: "Create your account",
  description:
    "Create a Marquee account with an email address and a password, and watch quiet, beautiful films on every screen you have.",
  error: hasErrors(errors),
  shape: "card",
  content: html`
        <h1>Create your account</h1>
        <p class="quiet">An email address and a password are all it takes.</p>
        ${errorSummary(errors)}
        <form method="post" action="/sign-up">
        ${formField({ name: "email", label: "Email address", type: "email", autocomplete: "username", value: email }, errors)}
        ${formField({ name: "password", label: "Password", type: "password", autocomplete: "new-password", hint: passwordHint }, errors)}
          <button class="button wide" type="submit">Create account</button>
        </form>
        <div class="other">
          <p class="quiet">Already have an account?</p>
          <a class="button plain wide" href="/sign-in">Sign in</a>
        </div>
      `,
});
