import { names } from "./configurations.ts";
import { dns } from "./database-programs.ts";
import { only, type Resource } from "./engine.ts";
import { policyType } from "./program.ts";

export const secrets = {
  streaming: { S3_ACCESS_KEY_ID: "hunter2", S3_SECRET_ACCESS_KEY: "pa55word" },
};

/** Streaming's variables before those of media. */
export const variablesBefore = [
  { name: "PORT", value: "8083" },
  { name: "ISSUER", value: "http://auth-service.marquee-dev.svc:8081" },
  { name: "JWKS_URL", value: "http://auth-service:8081/.well-known/jwks.json" },
  { name: "AUTH_URL", value: "http://auth-service:8081" },
  { name: "PAYMENT_URL", value: "http://payment-service:8082" },
  { name: "PROCESSOR", value: "sandbox" },
  { name: "TRUSTED_PROXIES", value: "0" },
];
const secret = (name: string) => ({
  valueFrom: { secretKeyRef: { name: `${name}-1a2b`, key: "value" } },
});
/** Streaming's variables after those of media. */
export const variablesAfter = [
  { name: "DATABASE_PASSWORD", ...secret("streaming-database-password") },
  {
    name: "DATABASE_URL",
    value: "postgres://streaming:$(DATABASE_PASSWORD)@postgres:5432/streaming",
  },
  { name: "PLAYBACK_KEY", ...secret("streaming-playback-key") },
];

/** The egress rules in each service's own policy. */
export const egress = (
  resources: Resource[],
  services: readonly string[] = names,
) =>
  Object.fromEntries(
    services.map((service) => [
      service,
      only(resources, policyType, `${service}-network`).inputs.spec.egress,
    ]),
  );
export const inside = { auth: [dns], payment: [dns], streaming: [dns] };
