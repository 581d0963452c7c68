import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page's head. */
export interface Head {
  title: string;
  /** Starts the title with "Error:", which screen readers read first. @default false */
  error?: boolean;
  /** For search results, in 160 characters at most. @default Marquee's own */
  description?: string | undefined;
  /** Further elements, such as the style. @default none */
  more?: Html;
}

const marquee =
  "Marquee is a small theatre of quiet, beautiful films. Watch them on every screen you have, and cancel whenever you like.";

/**
 * A whole page.
 *
 * The referrer policy is for our own forms: under the header's `no-referrer`, browsers send "Origin: null" with them.
 * @param body with its tag
 */
export const htmlDocument = (
  { title, error = false, description = marquee, more }: Head,
  body: Html,
): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="referrer" content="same-origin">
    <meta name="color-scheme" content="dark">
    <meta name="theme-color" content="#0a090f">
    <meta name="description" content="${description}">
    <title>${error ? "Error: " : ""}${title} – Marquee</title>
    ${more ?? ""}
  </head>
  ${body}
</html>`;
