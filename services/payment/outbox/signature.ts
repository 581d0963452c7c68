import { createHmac, randomBytes } from "node:crypto";

/** The output size of HMAC-SHA-256. Standard Webhooks asks for 24 to 64. */
const secretBytes = 32;

export const newSecret = (): Buffer => randomBytes(secretBytes);

/** The format that consumers expect: https://www.standardwebhooks.com */
export const formatSecret = (secret: Buffer): string =>
  `whsec_${secret.toString("base64")}`;

export interface SignedContent {
  /** The event's id. Equal in every attempt, so that consumers can detect duplicates. */
  id: string;
  /** When the attempt was made, in seconds since 1970. */
  timestamp: number;
  body: string;
}

/**
 * The value of the webhook-signature header per Standard Webhooks 1.0.0: one signature per secret, of which any may
 * match.
 */
export const signatures = (
  secrets: readonly Buffer[],
  { id, timestamp, body }: SignedContent,
): string =>
  secrets
    .map((secret) =>
      createHmac("sha256", secret)
        .update(`${id}.${timestamp}.${body}`)
        .digest("base64"),
    )
    .map((signature) => `v1,${signature}`)
    .join(" ");
