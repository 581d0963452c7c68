import * as z from "zod"; // what requests and responses are like, for checks and for the OpenAPI document alike
import type { User as Account } from "../accounts/accounts.ts";

export const User = z
  .strictObject({
    id: z.uuid(),
    email: z
      .string()
      .describe(
        "As it was entered, but for an international domain, which is in its ASCII form.",
      ),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "User", description: "Somebody with an account." });

/** A user as the API shows it. */
export const toUser = ({ id, email, createdAt }: Account) => ({
  id,
  email,
  created_at: createdAt.toISOString(),
});

const accessTokenFields = {
  access_token: z
    .string()
    .describe("A signed JWT (RFC 9068); /.well-known/jwks.json has its key."),
  token_type: z.literal("Bearer"),
  expires_in: z.int().describe("Seconds that the access token is valid for."),
};

export const AccessToken = z
  .strictObject(accessTokenFields)
  .meta({ id: "AccessToken" });

const tokenFields = {
  ...accessTokenFields,
  refresh_token: z
    .string()
    .describe("Gives the next tokens, once. Using it again ends the session."),
  refresh_expires_in: z
    .int()
    .describe("Seconds until the session ends unless it is used."),
};

export const Tokens = z.strictObject(tokenFields).meta({ id: "Tokens" });

export const LoggedIn = z
  .strictObject({ user: User, ...tokenFields })
  .meta({ id: "LoggedIn", description: "A new session, and whose it is." });

const email = z
  .string()
  .describe(
    "Case and space around it do not matter. An international domain and its ASCII form (UTS 46) are the same: name@münchen.example is name@xn--mnchen-3ya.example.",
  );
const password = z
  .string()
  .describe(
    "Nothing is trimmed. Composed and decomposed characters are the same, and so are all kinds of spaces (RFC 8265, OpaqueString).",
  );

export const Credentials = z
  .strictObject({ email, password })
  .meta({ id: "Credentials" });

export const NewAccount = z
  .strictObject({
    email: email.describe(
      `${email.description} The part before the @ is ASCII alone.`,
    ),
    password: password.describe(
      `8 to 1024 characters; not one that many people use, and not the email address. ${password.description}`,
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

/** What routes that check a password may answer. */
export const tooManyAttempts = {
  429: {
    description: "Too many were tried; none was checked this time.",
    headers: { "Retry-After": "Seconds until the next may be tried." },
  },
};

/** What routes for who is logged in may answer. */
export const unauthorized = {
  401: {
    description:
      "There is no access token, it is not valid, or its session has ended.",
    headers: { "WWW-Authenticate": "Bearer, and what is wrong (RFC 6750)." },
  },
};
