import { type FormErrors, labelledInput } from "@marquee/service-kit";
import { html } from "hono/html";

export interface FormField {
  /** Also the element's id, so it must be unique on the page. */
  name: string;
  label: string;
  type: "email" | "password";
  autocomplete: "username" | "current-password" | "new-password";
  /** The value entered before. Never set for passwords. */
  value?: string;
  hint?: string;
}

const kinds = {
  // Safari rejects international domains in type="email". inputmode shows the same keyboard; the server validates.
  email: html`type="text" inputmode="email" autocapitalize="none" autocorrect="off" spellcheck="false"`,
  password: html`type="password"`,
};

/** An input with its label, hint and error. */
export const formField = (
  { type, autocomplete, value, ...input }: FormField,
  errors: FormErrors = {},
) =>
  labelledInput(
    input,
    errors,
    html`${kinds[type]} autocomplete="${autocomplete}" required${
      type === "email" ? html` value="${value ?? ""}"` : ""
    }`,
  );
