import * as z from "zod";
import { minSecretLength } from "../crypto/derive-key.ts";

const message = `expected at least ${minSecretLength} characters; generate them with \`openssl rand -base64 32\``;

/** A variable with a secret that keys are derived from, or that is compared. */
export const secret = z.string(message).min(minSecretLength, message);
