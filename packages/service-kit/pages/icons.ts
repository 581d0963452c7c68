import { raw } from "hono/html";

/** An icon beside a label, so screen readers skip it. */
export const icon = (paths: string) =>
  raw(
    `<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`,
  );

/** Icons of the site's header. */
export const frameIcons = {
  home: icon('<path d="m4 11 8-7 8 7v9h-5.5v-5.5h-5V20H4z"/>'),
  ticket: icon(
    '<path d="M3 7h18v3.2a2 2 0 0 0 0 3.6V17H3v-3.2a2 2 0 0 0 0-3.6z"/><path d="M14.5 7v10" stroke-dasharray="1.5 2.5"/>',
  ),
  person: icon(
    '<circle cx="12" cy="8" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>',
  ),
};
