import assert from "node:assert/strict";
import type { IsEncrypted } from "../../../config/encryption.ts";
import { defaultResources } from "../../../config/resources.ts";
import { parseSettings } from "../../../config/settings.ts";

export const names = ["auth", "payment", "streaming"] as const;
export const required = { context: "here", registry: "localhost:5001" };

/** The issuer, which is required if auth runs elsewhere. */
export const issuer = "https://auth.example.com";

/** The default settings of a service. */
export const usual = {
  type: "ClusterIP",
  replicas: 2,
  resources: defaultResources,
};

/** The default settings of the database. */
export const usualDatabase = {
  image: "postgres:17",
  maxConnections: 200,
  storage: "10Gi",
  resources: {
    requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
    limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "256Mi" },
  },
};

/** The default settings of payments. */
export const usualPayments = {
  processor: "sandbox",
  billingPeriod: "P1M",
  gracePeriod: "P7D",
  webhookPorts: [],
};

/** A reference to an image by digest. */
export const image = (name = "auth") =>
  `ghcr.io/acme/marquee-${name}@sha256:${"0123456789abcdef".repeat(4)}`;

/** Tells parseSettings that every secret is encrypted. By default, it treats every secret as plain. */
export const encrypted = () => true;

/** The settings of a valid configuration: the required keys, with these changes. */
export function settingsOf(
  changes: Record<string, unknown>,
  isEncrypted?: IsEncrypted,
) {
  const { settings, issues } = parseSettings(
    { ...required, ...changes },
    names,
    isEncrypted,
  );
  assert.deepEqual(issues, []);
  assert.ok(settings);
  return settings;
}

/** The settings of auth in a valid configuration, whose database has enough connections for any number of pods. */
export const auth = (auth: unknown) =>
  settingsOf({
    services: { auth },
    issuer,
    database: { maxConnections: 262_143 },
  }).services.auth;

/** The issues in a configuration: the required keys, with these changes. */
export const issuesOf = (
  changes: Record<string, unknown>,
  isEncrypted?: IsEncrypted,
) => parseSettings({ ...required, ...changes }, names, isEncrypted).issues;

/** The message about a secret that is not encrypted. */
export const plain = (variable: string) =>
  `marquee:secrets.${variable} is not encrypted, so anyone who can read the stack's file knows it. Choose another value, and set it with \`pulumi config set --secret --path 'marquee:secrets.${variable}'\`.`;

/** Defines a test per configuration of auth that asserts its issues. */
export function table(rows: [auth: unknown, ...issues: string[]][]): void {
  for (const [auth, ...issues] of rows)
    it(`rejects ${JSON.stringify(auth)}`, () => {
      assert.deepEqual(
        issuesOf({ services: { auth }, issuer }),
        issues.map((issue) => `marquee:services.auth${issue}`),
      );
    });
}

/** Rows for `table`: values of one key that break its rule, each in a configuration of auth. */
export const breaking = (
  key: string,
  rule: string,
  values: unknown[],
  auth: (value: unknown) => unknown,
): [auth: unknown, issue: string][] =>
  values.map((value) => [
    auth(value),
    `.${key} is ${value === undefined ? "missing" : JSON.stringify(value)}: ${rule}.`,
  ]);
