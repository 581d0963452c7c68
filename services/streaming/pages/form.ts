import type { FormErrors } from "@marquee/service-kit";
import { html } from "hono/html";

export interface Field {
  /** Name in the form data, and id of the element: unique within a page. */
  name: string;
  label: string;
  autocomplete: string;
  /** Maximum number of characters, including separators. */
  maxlength: number;
  /** Earlier input. @default none */
  value?: string | undefined;
  hint?: string;
}

/** A numeric input with its label, hint and error. */
export function field(
  { name, label, autocomplete, maxlength, value = "", hint }: Field,
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
          <input id="${name}" name="${name}" type="text" inputmode="numeric" autocomplete="${autocomplete}" maxlength="${maxlength}" spellcheck="false" required value="${value}"${
            described ? html` aria-describedby="${described}"` : ""
          }${wrong ? html` aria-invalid="true"` : ""}>
        </div>`;
}

/** An input that the form sends but does not show. */
export const hiddenField = (name: string, value: string) =>
  html`<input type="hidden" name="${name}" value="${value}">`;
