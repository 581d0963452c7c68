import * as z from "zod";
import type { User as Account } from "../accounts/accounts.ts";

export const User = z
  .strictObject({
    id: z.uuid(),
    email: z
      .string()
      .describe(
        "As entered, except that an international domain is in its ASCII form.",
      ),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "User", description: "A user with an account." });

/** A user as the API shows it. */
export const toUser = ({ id, email, createdAt }: Account) => ({
  id,
  email,
  created_at: createdAt.toISOString(),
});

const accessTokenFields = {
  access_token: z
    .string()
    .describe("A signed JWT (RFC 9068). Its key is in /.well-known/jwks.json."),
  token_type: z.literal("Bearer"),
  expires_in: z.int().describe("Lifetime of the access token in seconds."),
};

export const AccessToken = z
  .strictObject(accessTokenFields)
  .meta({ id: "AccessToken" });

const tokenFields = {
  ...accessTokenFields,
  refresh_token: z
    .string()
    .describe(
      "Can be exchanged for the next tokens once. Using it again ends the session.",
    ),
  refresh_expires_in: z
    .int()
    .describe("Seconds until the session ends if it is not used."),
};

export const Tokens = z.strictObject(tokenFields).meta({ id: "Tokens" });

export const LoggedIn = z
  .strictObject({ user: User, ...tokenFields })
  .meta({ id: "LoggedIn", description: "A new session and its user." });

const email = z
  .string()
  .describe(
    "Case and surrounding whitespace are ignored. An international domain equals its ASCII form (UTS 46): name@münchen.example is name@xn--mnchen-3ya.example.",
  );
const password = z
  .string()
  .describe(
    "Not trimmed. Composed and decomposed characters are equal, and so are all kinds of spaces (RFC 8265, OpaqueString).",
  );

export const Credentials = z
  .strictObject({ email, password })
  .meta({ id: "Credentials" });

export const NewAccount = z
  .strictObject({
    email: email.describe(
      `${email.description} The part before the @ must be ASCII.`,
    ),
    password: password.describe(
      `8 to 1024 characters; not a common password, and not the email address. ${password.description}`,
    ),
  })
  .meta({ id: "NewAccount" });

export const PasswordChange = z
  .strictObject({ current_password: password, new_password: password })
  .meta({ id: "PasswordChange" });

export const Confirmation = z
  .strictObject({ password })
  .meta({ id: "Confirmation" });

export const RefreshToken = z
  .strictObject({ refresh_token: z.string() })
  .meta({ id: "RefreshToken" });

/** Additional responses of routes that check a password. */
export const tooManyAttempts = {
  429: {
    description: "Too many attempts. The password was not checked.",
    headers: { "Retry-After": "Seconds until the next attempt is allowed." },
  },
};

/** Additional responses of routes that require an access token. */
export const unauthorized = {
  401: {
    description:
      "The access token is missing or invalid, or its session has ended.",
    headers: { "WWW-Authenticate": "Bearer, with the error (RFC 6750)." },
  },
};
