/** The URL of a service. Port 80 is left out, as in the normal form of URLs. */
export const serviceUrl = (host: string, port: number): string =>
  `http://${host}${port === 80 ? "" : `:${port}`}`;
