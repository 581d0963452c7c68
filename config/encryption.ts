/** Tells whether a value of the stack's configuration is encrypted. Its key lacks the `marquee:` in front. */
export type IsEncrypted = (key: string, ...path: string[]) => boolean;

/** The issue that a secret value is not encrypted. */
export const notEncrypted = (key: string) =>
  `is not encrypted, so anyone who can read the stack's file knows it. Choose another value, and set it with \`pulumi config set --secret --path 'marquee:${key}'\``;
