export const cookieName = (name: string, https: boolean) =>
  `${https ? "__Host-" : ""}marquee-${name}`;

export const cookieAttributes = (https: boolean) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: https }) as const;
