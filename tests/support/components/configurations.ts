import assert from "node:assert/strict";
import { defaultResources } from "../../../components/resources.ts";
import type { IsEncrypted } from "../../../components/secrets.ts";
import { parseSettings } from "../../../components/settings.ts";

export const names = ["auth", "payment", "streaming"] as const;
export const required = { context: "here", registry: "localhost:5001" };

/** An auth that runs elsewhere needs it. */
export const issuer = "https://auth.example.com";

/** What a service is of which the configuration says nothing. */
export const usual = {
  type: "ClusterIP",
  replicas: 2,
  resources: defaultResources,
};

/** What the database is of which the configuration says nothing. */
export const usualDatabase = {
  image: "postgres:17",
  maxConnections: 200,
  storage: "10Gi",
  resources: {
    requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
    limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "256Mi" },
  },
};

/** What payments are of which the configuration says nothing. */
export const usualPayments = {
  processor: "sandbox",
  billingPeriod: "P1M",
  gracePeriod: "P7D",
  webhookPorts: [],
};

/** An image as pods run it. */
export const image = (name = "auth") =>
  `ghcr.io/acme/marquee-${name}@sha256:${"0123456789abcdef".repeat(4)}`;

/** To parseSettings: every secret is encrypted. Without it, none is. */
export const encrypted = () => true;

/** The settings of a good configuration that differs from the least one in these keys. */
export function settingsOf(
  changes: Record<string, unknown>,
  isEncrypted?: IsEncrypted,
) {
  const { settings, mistakes } = parseSettings(
    { ...required, ...changes },
    names,
    isEncrypted,
  );
  assert.deepEqual(mistakes, []);
  assert.ok(settings);
  return settings;
}

/** The settings of service auth in a good configuration, whose database suffices for any number of pods. */
export const auth = (auth: unknown) =>
  settingsOf({
    services: { auth },
    issuer,
    database: { maxConnections: 262_143 },
  }).services.auth;

/** The mistakes in a configuration that differs from a good one in these keys. */
export const mistakesOf = (
  changes: Record<string, unknown>,
  isEncrypted?: IsEncrypted,
) => parseSettings({ ...required, ...changes }, names, isEncrypted).mistakes;

/** That a secret is not encrypted, with what to do. */
export const plain = (variable: string) =>
  `marquee:secrets.${variable} is not encrypted, so whoever sees the stack's file knows it. Think of another value, and set that one with \`pulumi config set --secret --path 'marquee:secrets.${variable}'\`.`;

/** Asserts one sentence per configuration of auth, each after the name of its key. */
export function table(rows: [auth: unknown, ...mistakes: string[]][]): void {
  for (const [auth, ...mistakes] of rows)
    it(`${JSON.stringify(auth)} is a mistake`, () => {
      assert.deepEqual(
        mistakesOf({ services: { auth }, issuer }),
        mistakes.map((mistake) => `marquee:services.auth${mistake}`),
      );
    });
}

/** Rows of a table: values that break one rule, each put into a configuration of auth at a key. */
export const breaking = (
  key: string,
  rule: string,
  values: unknown[],
  auth: (value: unknown) => unknown,
): [auth: unknown, mistake: string][] =>
  values.map((value) => [
    auth(value),
    `.${key} is ${value === undefined ? "missing" : JSON.stringify(value)}: ${rule}.`,
  ]);
