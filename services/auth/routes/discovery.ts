import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";

const tags = ["OAuth 2"];

const Jwk = z
  .looseObject({
    kid: z.string(),
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    x: z.string(),
    y: z.string(),
    alg: z.literal("ES256"),
    use: z.literal("sig"),
  })
  .meta({ id: "Jwk", description: "A public key (RFC 7517)." });

/** Authorization server metadata (RFC 8414, 2). */
const Metadata = z
  .strictObject({
    issuer: z.url(),
    token_endpoint: z.url(),
    revocation_endpoint: z.url(),
    jwks_uri: z.url(),
    grant_types_supported: z.array(z.literal("refresh_token")),
    response_types_supported: z.array(z.string()).max(0),
    token_endpoint_auth_methods_supported: z.array(z.literal("none")),
    revocation_endpoint_auth_methods_supported: z.array(z.literal("none")),
    service_documentation: z.url(),
  })
  .meta({ id: "Metadata" });

/** Cache lifetime of the metadata in seconds. It changes only with a new version of the service. */
const metadataMaxAge = 300;

/** GET /.well-known/jwks.json (RFC 7517) and /.well-known/oauth-authorization-server (RFC 8414). */
export function discoveryRoutes(
  { route }: Api,
  { issuer, keyring }: Dependencies,
): void {
  const at = (path: string) => `${issuer}${path}`;
  const metadata: z.infer<typeof Metadata> = {
    issuer,
    token_endpoint: at("/token"),
    revocation_endpoint: at("/revoke"),
    jwks_uri: at("/.well-known/jwks.json"),
    grant_types_supported: ["refresh_token"],
    // Required by the RFC. Empty, because there is no authorization endpoint: the only client is ours.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    service_documentation: at("/openapi.json"),
  };

  route(
    {
      method: "get",
      path: "/.well-known/jwks.json",
      summary: "List the keys that sign access tokens",
      description:
        "A new key is published long before it signs, and an old one until all its tokens have expired.",
      tags,
      responses: {
        200: {
          description: "A JWK Set.",
          schema: z.strictObject({ keys: z.array(Jwk) }).meta({ id: "JwkSet" }),
          headers: { "Cache-Control": "How long the JWKS may be cached." },
        },
      },
    },
    (c) =>
      c.json(keyring.jwks(), 200, {
        "cache-control": `public, max-age=${keyring.jwksMaxAgeSeconds}`,
      }),
  );

  route(
    {
      method: "get",
      path: "/.well-known/oauth-authorization-server",
      summary: "Get the authorization server metadata",
      tags,
      responses: {
        200: {
          description: "The metadata, in the format of RFC 8414.",
          schema: Metadata,
        },
      },
    },
    (c) =>
      c.json(metadata, 200, {
        "cache-control": `public, max-age=${metadataMaxAge}`,
      }),
  );
}
