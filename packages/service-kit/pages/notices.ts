/** Flash messages by the value of the `notice` cookie: shown once, by the next page. */
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

export const noticeText = (notice: Notice): string => notices[notice];
