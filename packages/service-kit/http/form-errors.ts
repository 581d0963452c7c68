import { html } from "hono/html";

export interface FormErrors {
  /** Shown above the form: an error that does not belong to a field. */
  alert?: string;
  /** Errors by the name of the field that they are shown at. */
  fields?: Record<string, string>;
}

export const hasErrors = ({ alert, fields = {} }: FormErrors): boolean =>
  alert !== undefined || Object.keys(fields).length > 0;

/**
 * Lists the errors at the top of the page, with links to the fields. Screen readers announce it when the page loads.
 */
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
