import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export interface Page {
  title: string;
  content: HtmlEscapedString | Promise<HtmlEscapedString>;
  /** URL that the browser redirects to automatically. */
  next?: string | undefined;
}

/**
 * Text has a contrast of at least 4.5:1 and button borders 3:1 (WCAG 2.2 AA), in light and dark mode. Buttons are at
 * least 44 px high.
 */
const style = raw(`
:root {
  color-scheme: light dark;
  --ground: #eef1f6; --card: #fff; --line: #d5dbe6; --edge: #6f7a8d; --text: #141b2b; --quiet: #4d586b;
  --accent: #1d4ed8; --accent-hover: #173fb0; --on-accent: #fff; --tint: #e6edff; --stripe: #c2410c;
  font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  background: var(--ground); color: var(--text);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0c111c; --card: #151c2b; --line: #2a3447; --edge: #8a96ab; --text: #eef2f9; --quiet: #aeb9cb;
    --accent: #8fb0ff; --accent-hover: #b3c9ff; --on-accent: #0b1430; --tint: #1d2945; --stripe: #fdba74;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100svh; display: grid; align-content: center; justify-items: center; padding: 1.5rem 1rem; }
main { width: min(27rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow: hidden; box-shadow: 0 1.5rem 4rem #0f172a1f; }
.bank { display: flex; align-items: center; gap: .75rem; margin: 0; padding: 1rem clamp(1.25rem, 6vw, 2rem); border-bottom: 1px solid var(--line); font-weight: 700; }
.bank svg { flex: none; width: 1.75rem; height: 1.75rem; color: var(--accent); }
.bank span { margin-left: auto; white-space: nowrap; font-size: .8125rem; font-weight: 600; color: var(--stripe); }
.body { padding: clamp(1.25rem, 6vw, 2rem); }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
p { margin: .5rem 0 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
dl { display: grid; grid-template-columns: 1fr auto; gap: .5rem 1.5rem; align-items: baseline; margin: 1.5rem 0 0; padding: 1rem 1.25rem; border-radius: .75rem; background: var(--tint); }
dt { color: var(--quiet); }
dd { margin: 0; font-weight: 600; text-align: right; }
.amount { font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
form { display: grid; gap: .75rem; margin: 1.5rem 0 0; }
.button {
  display: flex; align-items: center; justify-content: center; width: 100%; min-height: 3rem; padding: .65rem 1.5rem;
  font: inherit; font-weight: 700; line-height: 1.25; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: .625rem;
}
.button:hover { background: var(--accent-hover); }
.plain { color: var(--text); background: transparent; border-color: var(--edge); }
.plain:hover { background: var(--tint); }
p + .button { margin-top: 1.5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (forced-colors: active) { main, .button { border: 1px solid; } }
`);

/** Decorative: screen readers read the bank's name. */
const icon = raw(
  '<svg viewBox="0 0 28 28" fill="currentColor" aria-hidden="true"><path d="M14 2 2 9v3h24V9zM5 14h3v8H5zm7.5 0h3v8h-3zm7.500 0h3v8h-3zM3 24h22v2.500H3z"/></svg>',
);

/**
 * A complete page without JavaScript and external resources. The referrer policy is needed by the form: with the
 * header's `no-referrer`, browsers would send "Origin: null".
 * @param nonce allows the style in the Content-Security-Policy
 */
export const layout = (
  { title, content, next }: Page,
  nonce: string | undefined,
) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="same-origin">
    <meta name="robots" content="noindex">
    <meta name="description" content="A bank for tests, which asks whether to approve a payment. No money moves.">
    ${next === undefined ? "" : html`<meta http-equiv="refresh" content="0; url=${next}">`}
    <title>${title} – Sandbox bank</title>
    <style nonce="${nonce}">${style}</style>
  </head>
  <body>
    <main>
      <p class="bank">${icon}Sandbox bank <span>No money moves</span></p>
      <div class="body">${content}</div>
    </main>
  </body>
</html>`;
