import { html } from "hono/html";
import type { FormErrors } from "../http/form-errors.ts";

export interface LabelledInput {
  /** Also the element's id, so it must be unique on the page. */
  name: string;
  label: string;
  hint?: string | undefined;
}

/**
 * An input with its label, hint and error.
 * @param attributes of the input, besides its name and what refers to the hint and the error
 */
export function labelledInput(
  { name, label, hint }: LabelledInput,
  { alert, fields = {} }: FormErrors,
  attributes: ReturnType<typeof html>,
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
          <input id="${name}" name="${name}" ${attributes}${
            described ? html` aria-describedby="${described}"` : ""
          }${wrong ? html` aria-invalid="true"` : ""}>
        </div>`;
}
