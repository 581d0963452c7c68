import { html } from "hono/html";

/** What is wrong with what somebody sent. */
export interface FormErrors {
  /** Above the form: what is not about one field. */
  alert?: string;
  /** At the fields, by their names. */
  fields?: Record<string, string>;
}

export const hasErrors = ({ alert, fields = {} }: FormErrors): boolean =>
  alert !== undefined || Object.keys(fields).length > 0;

/** What is wrong, at the top of the page, where screen readers say it at once, with the way to each field. */
export function errorSummary({ alert, fields = {} }: FormErrors) {
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
