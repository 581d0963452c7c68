import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { style } from "./style.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page's content, and what its frame says of it. */
export interface Page {
  title: string;
  /** Whether it shows a mistake: the title says so, which screen readers read first. */
  error?: boolean;
  content: Html;
}

/**
 * A whole page. It works without JavaScript, and has nothing from elsewhere.
 *
 * The referrer policy is for our own forms: under the header's `no-referrer`, browsers send "Origin: null" with them.
 * @param nonce lets the style through the Content-Security-Policy
 */
export const layout = (
  { title, error = false, content }: Page,
  nonce: string | undefined,
) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="same-origin">
    <meta name="color-scheme" content="dark">
    <meta name="theme-color" content="#0a090f">
    <title>${error ? "Error: " : ""}${title} – Marquee</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <style nonce="${nonce}">${style}</style>
  </head>
  <body>
    ${content}
  </body>
</html>`;

/** A card in the middle of the page, under the theatre's sign. */
export const card = (content: Html) => html`<main class="stage">
      <div class="sign">
        <a class="brand" href="/">MARQUEE</a>
        <p class="tagline">The lights go down. Your evening begins.</p>
      </div>
      <div class="card">${content}</div>
    </main>`;
