/**
 * The token of an Authorization header with the Bearer scheme (RFC 6750); undefined for other schemes. Scheme names are
 * case-insensitive (RFC 9110, 11.1).
 */
export const bearerTokenOf = (authorization = ""): string | undefined =>
  /^bearer(?: +(.*))?$/i.exec(authorization.trim())?.[1];
