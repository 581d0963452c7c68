/** The URL of a service at a host that leads to it; port 80 is left out, as URLs' normal form does. */
export const serviceUrl = (host: string, port: number): string =>
  `http://${host}${port === 80 ? "" : `:${port}`}`;
