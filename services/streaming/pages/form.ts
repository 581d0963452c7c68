import { html } from "hono/html";

/** What is wrong with what somebody sent. */
export interface Mistakes {
  /** Above the form: what is not about one field. */
  alert?: string;
  /** At the fields, by their names. */
  fields?: Record<string, string>;
}

export const hasMistakes = ({ alert, fields = {} }: Mistakes): boolean =>
  alert !== undefined || Object.keys(fields).length > 0;

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

/** What is wrong, at the top of the page, where screen readers say it at once, with the way to each field. */
export function summary({ alert, fields = {} }: Mistakes) {
  const wrong = Object.entries(fields);
  if (alert === undefined && wrong.length === 0) return "";
  return html`<div class="alert" role="alert" id="alert">
          <p>${alert ?? "Please check what you entered:"}</p>
          ${
            wrong.length === 0
              ? ""
              : html`<ul>${wrong.map(([name, detail]) => html`<li><a href="#${name}">${detail}</a></li>`)}</ul>`
          }
        </div>`;
}

/** What is sent along with a form, and nobody sees. */
export const hiddenField = (name: string, value: string) =>
  html`<input type="hidden" name="${name}" value="${value}">`;
