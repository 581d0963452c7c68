import { createHmac, randomBytes } from "node:crypto";

/** As many as HMAC-SHA-256 gives; Standard Webhooks asks for 24 to 64. */
const secretBytes = 32;

export const newSecret = (): Buffer => randomBytes(secretBytes);

/** A secret as consumers get it: https://www.standardwebhooks.com */
export const shownSecret = (secret: Buffer): string =>
  `whsec_${secret.toString("base64")}`;

export interface Signed {
  /** The event's: the same in each attempt, so that consumers know what they have had. */
  id: string;
  /** Seconds since 1970, when the attempt is made. */
  timestamp: number;
  body: string;
}

/** What Standard Webhooks (1.0.0) has in the header webhook-signature: a signature for each secret, of which one is to match. */
export const signatures = (
  secrets: readonly Buffer[],
  { id, timestamp, body }: Signed,
): string =>
  secrets
    .map((secret) =>
      createHmac("sha256", secret)
        .update(`${id}.${timestamp}.${body}`)
        .digest("base64"),
    )
    .map((signature) => `v1,${signature}`)
    .join(" ");
