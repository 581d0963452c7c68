import { html } from "hono/html";

/** What a page tells once, after something was done. */
const flashMessages = {
  welcome: "Welcome to Marquee. Your account is ready.",
  "password-changed":
    "Your password was changed. All other devices are signed out.",
  "signed-out": "You are signed out.",
  "account-deleted":
    "Your account was deleted, with everything that was kept of it.",
} as const;

export type FlashMessage = keyof typeof flashMessages;

export const isFlashMessage = (
  name: string | undefined,
): name is FlashMessage =>
  name !== undefined && Object.hasOwn(flashMessages, name);

export const flashBox = (notice: FlashMessage | undefined) =>
  notice
    ? html`<p class="notice" role="status">${flashMessages[notice]}</p>`
    : "";
