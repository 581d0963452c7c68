import { html } from "hono/html";

/** What a page tells once, after something was done. */
const notices = {
  welcome: "Welcome to Marquee. Your account is ready.",
  "password-changed":
    "Your password was changed. All other devices are signed out.",
  "signed-out": "You are signed out.",
  "account-deleted":
    "Your account was deleted, with everything that was kept of it.",
} as const;

export type Notice = keyof typeof notices;

export const isNotice = (name: string | undefined): name is Notice =>
  name !== undefined && Object.hasOwn(notices, name);

export const noticeBox = (notice: Notice | undefined) =>
  notice ? html`<p class="notice" role="status">${notices[notice]}</p>` : "";
