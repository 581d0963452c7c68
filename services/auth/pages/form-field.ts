import type { FormErrors } from "@marquee/service-kit";
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
export function formField(
  { name, label, type, autocomplete, value, hint }: FormField,
  { alert, fields = {} }: FormErrors = {},
) {
  const wrong = fields[name];
  const described = [
    ...(hint ? [`${name}-hint`] : []),
    ...(wrong ? [`${name}-error`] : []),
    ...(alert ? ["alert"] : []),
  ].join(" ");
  return html`<div class="field">
          <label for="${name}">${label}</label>
          ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ""}
          ${wrong ? html`<p class="wrong" id="${name}-error"><span class="hidden">Error: </span>${wrong}</p>` : ""}
          <input id="${name}" name="${name}" ${kinds[type]} autocomplete="${autocomplete}" required${
            type === "email" ? html` value="${value ?? ""}"` : ""
          }${described ? html` aria-describedby="${described}"` : ""}${wrong ? html` aria-invalid="true"` : ""}>
        </div>`;
}
