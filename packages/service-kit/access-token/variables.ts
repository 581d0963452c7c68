import * as z from "zod";
import { isOrigin } from "../http/origin.ts";

const anIssuer =
  "expected auth's URL such as https://auth.example.com, without a path and without a slash at its end";
const aUrl =
  "expected a URL such as http://auth:8080/.well-known/jwks.json, without a user and a password";

/** The variables that say whose access tokens a service takes. Spread into `environment(...)`. */
export const accessTokenVariables = {
  /** Auth's URL as it says it in tokens: what auth's own ISSUER is. */
  ISSUER: z.string(anIssuer).refine(isOrigin, anIssuer),
  /** Where auth publishes its keys, if there is a shorter way than by its public URL. @default the issuer's /.well-known/jwks.json */
  JWKS_URL: z.string(aUrl).refine(isUrl, aUrl).optional(),
};

function isUrl(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === "" && password === ""; // fetch refuses these
}
