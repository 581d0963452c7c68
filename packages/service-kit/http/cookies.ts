/**
 * The name of one of the site's cookies. Over HTTPS it has the prefix `__Host-`, with which browsers accept the cookie
 * only from this host and over TLS.
 */
export const cookieName = (name: string, https: boolean): string =>
  `${https ? "__Host-" : ""}marquee-${name}`;

/** Attributes of the site's cookies: sent to this host only, and not readable by scripts. */
export const cookieAttributes = (https: boolean) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: https }) as const;
