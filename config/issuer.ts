import { isOrigin } from "../packages/service-kit/http/origin.ts";
import type { Issues } from "./issues.ts";

const rule =
  "it must be a URL without a path, such as https://auth.example.com";

/**
 * Checks `marquee:issuer`, the `iss` claim of access tokens.
 * @param isRequired whether services here verify tokens of an auth elsewhere, whose issuer only the configuration can
 * name
 * @returns undefined for the default: auth's address in the cluster
 */
export function parseTokenIssuer(
  raw: unknown,
  isRequired: boolean,
  issues: Issues,
): string | undefined {
  if (raw === undefined) {
    if (isRequired)
      issues.invalid(
        "issuer",
        raw,
        "services.auth.type is ExternalName, so the services here must know the issuer of its access tokens. Its /.well-known/oauth-authorization-server names it; for example, http://auth-service.marquee-staging.svc:8081",
      );
    return undefined;
  }
  if (typeof raw === "string" && isOrigin(raw)) return raw;
  issues.invalid("issuer", raw, rule);
  return undefined;
}
