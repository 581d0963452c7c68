import type { Mistakes } from "@marquee/service-kit";
import { html } from "hono/html";

export interface Field {
  /** As it is sent, and its element's id: no page has two with one name. */
  name: string;
  label: string;
  autocomplete: string;
  /** Digits that it takes at most, with what is put between them. */
  maxlength: number;
  /** What was entered before. @default nothing */
  value?: string | undefined;
  hint?: string;
}

/** A field for digits with its label, and what is wrong with it. */
export function field(
  { name, label, autocomplete, maxlength, value = "", hint }: Field,
  { alert, fields = {} }: Mistakes = {},
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

/** What is sent along with a form, and nobody sees. */
export const hiddenField = (name: string, value: string) =>
  html`<input type="hidden" name="${name}" value="${value}">`;
