import { type FormErrors, labelledInput } from "@marquee/service-kit";
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
export const field = (
  { autocomplete, maxlength, value = "", ...input }: Field,
  errors: FormErrors = {},
) =>
  labelledInput(
    input,
    errors,
    html`type="text" inputmode="numeric" autocomplete="${autocomplete}" maxlength="${maxlength}" spellcheck="false" required value="${value}"`,
  );

/** An input that the form sends but does not show. */
export const hiddenField = (name: string, value: string) =>
  html`<input type="hidden" name="${name}" value="${value}">`;
