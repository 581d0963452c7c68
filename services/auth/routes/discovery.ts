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

/** RFC 8414, 2. */
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

/** Seconds that the metadata may be kept for: they change with a new version of the program alone. */
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
    // Required; there is no authorization endpoint, since the only client is ours.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    service_documentation: at("/openapi.json"),
  };

  route(
    {
      method: "get",
      path: "/.well-known/jwks.json",
      summary: "Say which keys sign access tokens",
      description:
        "A new key is here long before it signs; an old one until no token of it is valid.",
      tags,
      responses: {
        200: {
          description: "A JWK Set.",
          schema: z.strictObject({ keys: z.array(Jwk) }).meta({ id: "JwkSet" }),
          headers: { "Cache-Control": "How long it may be kept." },
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
      summary: "Say what this authorization server can do",
      tags,
      responses: {
        200: { description: "As RFC 8414 has it.", schema: Metadata },
      },
    },
    (c) =>
      c.json(metadata, 200, {
        "cache-control": `public, max-age=${metadataMaxAge}`,
      }),
  );
}
