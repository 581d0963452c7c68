import type { FormErrors } from "@marquee/service-kit";
import { html } from "hono/html";

export interface FormField {
  /** As it is sent, and its element's id: no page has two with one name. */
  name: string;
  label: string;
  type: "email" | "password";
  autocomplete: "username" | "current-password" | "new-password";
  /** What was entered before. Never a password. */
  value?: string;
  hint?: string;
}

const kinds = {
  // Safari refuses an international domain in type="email". This brings up the same keyboard; the server validates.
  email: html`type="text" inputmode="email" autocapitalize="none" autocorrect="off" spellcheck="false"`,
  password: html`type="password"`,
};

/** A field with its label, and what is wrong with it. */
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
