/** The port of an http or https URL. */
export function urlPort(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port) || (protocol === "https:" ? 443 : 80);
}

/** The issue of a URL with credentials in it. */
export const hasCredentialsIssue =
  "contains a user or a password, which anyone who can read the stack's configuration or the pods could read";
