import { raw } from "hono/html";

/** Drawn beside words that say the same: nothing for who can't see it to miss. */
const icon = (paths: string) =>
  raw(
    `<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`,
  );

export const icons = {
  play: icon('<path d="M7 4.5v15l12.5-7.5z" fill="currentColor"/>'),
  again: icon('<path d="M4.5 12a7.5 7.5 0 1 0 2.4-5.5"/><path d="M4 4v4h4"/>'),
  back: icon('<path d="M19 12H5m6-6.5L4.5 12l6.5 6.5"/>'),
  info: icon(
    '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.7v.01"/>',
  ),
  home: icon('<path d="m4 11 8-7 8 7v9h-5.5v-5.5h-5V20H4z"/>'),
  ticket: icon(
    '<path d="M3 7h18v3.2a2 2 0 0 0 0 3.6V17H3v-3.2a2 2 0 0 0 0-3.6z"/><path d="M14.5 7v10" stroke-dasharray="1.5 2.5"/>',
  ),
  person: icon(
    '<circle cx="12" cy="8" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>',
  ),
  check: icon('<path d="m5 12.5 4.5 4.5L19 7.5"/>'),
  lock: icon(
    '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
  ),
  keyboard: icon(
    '<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8"/>',
  ),
};
