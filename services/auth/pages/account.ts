import {
  errorSummary,
  type FormErrors,
  hasErrors,
  type Notice,
} from "@marquee/service-kit";
import { html } from "hono/html";
import type { User } from "../accounts/accounts.ts";
import { flashBox } from "./flash.ts";
import { formField } from "./form-field.ts";
import type { Page } from "./layout.ts";
import { passwordHint } from "./sign-up.ts";

export interface AccountPageProps {
  user: User;
  flash?: Notice | undefined;
  /** Errors of the form that was submitted. */
  changePassword?: FormErrors;
  deleteAccount?: FormErrors;
}

/** The account page: the user's details and the forms to change the password and delete the account. */
export const accountPage = ({
  user,
  flash,
  changePassword = {},
  deleteAccount = {},
}: AccountPageProps): Page => ({
  title: "Your account",
  description:
    "Your Marquee account: see who is signed in, change your password, or delete your account.",
  error: hasErrors(changePassword) || hasErrors(deleteAccount),
  shape: "account",
  content: html`
        <h1>Your account</h1>
        ${flashBox(flash)}${errorSummary(changePassword)}${errorSummary(deleteAccount)}
        <div class="card">
          <dl>
            <dt>Signed in as</dt><dd>${user.email}</dd>
            <dt>Member since</dt><dd>${day(user.createdAt)}</dd>
          </dl>
        </div>
        <section class="card">${changePasswordForm(user, changePassword)}</section>
        <section class="card">${deleteAccountForm(user, deleteAccount)}</section>
      `,
});

const changePasswordForm = ({ email }: User, errors: FormErrors) => html`
          <h2>Change your password</h2>
          <p class="quiet">You stay signed in here; all other devices are signed out.</p>
          <form method="post" action="/change-password">
            ${username(email)}
            ${formField({ name: "current_password", label: "Current password", type: "password", autocomplete: "current-password" }, errors)}
            ${formField({ name: "new_password", label: "New password", type: "password", autocomplete: "new-password", hint: passwordHint }, errors)}
            <button class="button" type="submit">Change password</button>
          </form>
        `;

const deleteAccountForm = ({ email }: User, errors: FormErrors) => html`
          <details${hasErrors(errors) ? html` open` : ""}>
            <summary><h2>Delete your account</h2></summary>
            <p class="quiet">This deletes your account and everything that is kept of it, at once and for good.</p>
            <form method="post" action="/delete-account">
              ${username(email)}
              ${formField({ name: "password", label: "Your password", type: "password", autocomplete: "current-password" }, errors)}
              ${understand(errors.fields?.understood)}
              <button class="button danger" type="submit">Delete my account</button>
            </form>
          </details>
        `;

/** A hidden field that tells password managers which account the password belongs to. */
const username = (email: string) =>
  html`<input type="email" autocomplete="username" value="${email}" readonly hidden>`;

const understand = (wrong: string | undefined) => html`<div class="field">
                ${wrong ? html`<p class="wrong" id="understood-error"><span class="hidden">Error: </span>${wrong}</p>` : ""}
                <label class="check"><input id="understood" name="understood" type="checkbox" value="yes" required${wrong ? html` aria-describedby="understood-error" aria-invalid="true"` : ""}> I understand that this can’t be undone.</label>
              </div>`;

/** Formats a date in UTC: "23 November 2025". */
const day = (date: Date) =>
  html`<time datetime="${date.toISOString()}">${new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(date)}</time>`;
