import * as z from "zod";
import { isOrigin } from "../http/origin.ts";

const issuerMessage =
  "expected auth's URL such as https://auth.example.com, without a path or a trailing slash";
const urlMessage =
  "expected a URL such as http://auth:8080/.well-known/jwks.json, without a user and a password";

/** The variables for access tokens. Spread into `environment(...)`. */
export const accessTokenVariables = {
  /** Auth's URL as in the `iss` claim: the same as auth's own ISSUER. */
  ISSUER: z.string(issuerMessage).refine(isOrigin, issuerMessage),
  /** The URL of auth's keys within the cluster. @default the issuer's /.well-known/jwks.json */
  JWKS_URL: z.string(urlMessage).refine(isUrl, urlMessage).optional(),
};

function isUrl(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === "" && password === ""; // fetch refuses these
}
