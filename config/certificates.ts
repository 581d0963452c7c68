import { X509Certificate } from "node:crypto";

/** Certificates become an environment variable, which Linux limits to 128 KiB. */
const maxCharacters = 64 * 1024;

/** Whether a text consists of complete certificates. Text around them is allowed, a private key is not. */
export function isCertificates(value: unknown): value is string {
  if (typeof value !== "string" || value.length > maxCharacters) return false;
  const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  const blocks = value.match(block) ?? [];
  try {
    for (const certificate of blocks) new X509Certificate(certificate);
  } catch {
    return false;
  }
  return blocks.length > 0 && !value.replace(block, "").includes("-----");
}

/** The rule for a configuration key that holds an authority's certificates. */
export const certificatesRule = (key: string) =>
  `it must be the certificate of the authority that signed the server's, as PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, or several, ${maxCharacters / 1024} KiB at most. Set it with \`pulumi config set --path marquee:${key} -- "$(cat authority.pem)"\``;
