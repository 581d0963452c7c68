import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { withLocalDefaults } from "../../config/local-cluster.ts";
import { parseSettings } from "../../config/settings.ts";
import { authority } from "../support/components/certificates.ts";
import {
  auth,
  encrypted,
  image,
  names,
  required,
  settingsOf,
  usual,
  usualDatabase,
  usualPayments,
} from "../support/components/configurations.ts";

describe("parseSettings", () => {
  it("requires only context and registry, and has defaults for the rest", () => {
    assert.deepEqual(parseSettings(required, names), {
      settings: {
        context: "here",
        registry: "localhost:5001",
        baseImage: "gcr.io/distroless/nodejs24-debian13",
        platform: "linux/amd64",
        services: { auth: usual, payment: usual, streaming: usual },
        database: usualDatabase,
        payments: usualPayments,
        media: {},
        trustedProxies: 0,
        secrets: {},
        retainData: true,
      },
      issues: [],
    });
  });

  it("accepts every key", () => {
    const settings = {
      context: "arn:aws:eks:eu-north-1:1:cluster/prod",
      registry: "ghcr.io/acme/tv",
      baseImage: "localhost:5001/node:24",
      platform: "linux/arm64",
      imagesFrom: "acme/marquee/staging",
      logShipperImage: image("log-shipper"),
      services: {
        auth: {
          type: "LoadBalancer",
          autoscale: { min: 3, max: 30, cpuPercent: 60 },
          loadBalancer: {
            sourceRanges: ["203.0.113.0/24"],
            annotations: { "example.com/tier": "gold" },
            timeoutSeconds: 600,
          },
          image: image("auth"),
          resources: {
            requests: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" },
            limits: { cpu: "2", memory: "2Gi", "ephemeral-storage": "2Gi" },
          },
          logSidecar: { endpoint: "https://logs.example.com/ingest" },
        },
        payment: { type: "ExternalName", externalName: "pay.example.com" },
        streaming: { ...usual, type: "NodePort", nodePort: 30003, replicas: 3 },
      },
      database: {
        image: "ghcr.io/acme/postgres:17",
        maxConnections: 400,
        externalName: "db.example.com",
        port: 6432,
        user: "ada",
        tls: "verify",
        certificateAuthority: authority,
      },
      payments: {
        processor: "sandbox",
        billingPeriod: "P1Y",
        gracePeriod: "PT12H",
        webhookPorts: [443, 8443],
      },
      media: {
        bucket: "films",
        endpoint: "https://minio.example.com:9000",
        region: "eu-central-1",
        prefix: "films/",
      },
      trustedProxies: 2,
      secrets: {
        auth: { TOKEN: "hunter2" },
        streaming: { S3_ACCESS_KEY_ID: "ada", S3_SECRET_ACCESS_KEY: "mine" },
        postgres: { PASSWORD: "mine" },
      },
      retainData: false,
      adopt: "T49smW1uGyO5CkUX",
    };
    const raw = { ...settings, trustedProxies: "2", retainData: "false" }; // Pulumi passes text
    assert.deepEqual(parseSettings(raw, names, encrypted), {
      settings,
      issues: [],
    });
  });

  it("accepts 0 replicas", () => {
    assert.deepEqual(auth({ replicas: 0 }), { ...usual, replicas: 0 });
  });

  it("accepts a NodePort without a node port", () => {
    assert.deepEqual(auth({ type: "NodePort" }), {
      ...usual,
      type: "NodePort",
    });
  });

  for (const nodePort of [30000, 32767])
    it(`accepts node port ${nodePort}`, () => {
      assert.deepEqual(auth({ type: "NodePort", nodePort }), {
        ...usual,
        type: "NodePort",
        nodePort,
      });
    });

  it("treats a null service as unset", () => {
    assert.deepEqual(auth(null), usual);
  });

  for (const registry of [
    "localhost",
    "ghcr.io/acme",
    "registry:5000",
    "127.0.0.2:5001",
    "1.dkr.ecr.eu-north-1.amazonaws.com/my-team/a_b",
  ])
    it(`accepts registry ${registry}`, () => {
      assert.equal(settingsOf({ registry }).registry, registry);
    });

  it("needs no registry if every service is external", () => {
    const external = { type: "ExternalName", externalName: "a.example.com" };
    const { registry } = settingsOf({
      registry: undefined,
      services: { auth: external, payment: external, streaming: external },
    });
    assert.equal(registry, "");
  });

  it("reports all issues at once, and returns no settings", () => {
    const result = parseSettings(
      {
        regsitry: "localhost:5001",
        registry: "localhost:5001",
        services: {
          auth: { type: "Clusterip", replicas: -1 },
          payment: { type: "ExternalName" },
          streaming: { nodePort: 80 },
        },
      },
      names,
    );
    assert.equal(result.settings, undefined);
    assert.deepEqual(
      result.issues.map((issue) => issue.split(" ")[0]),
      [
        "marquee:regsitry",
        "marquee:services.auth.type",
        "marquee:services.auth.replicas",
        "marquee:services.payment.externalName",
        "marquee:services.streaming.nodePort",
        "marquee:context",
      ],
    );
  });
});

describe("Configurations of the stacks", () => {
  const repository = join(import.meta.dirname, "../..");
  for (const stack of ["dev", "prod", "staging"])
    it(`have no issues in Pulumi.${stack}.yaml`, () => {
      const file = join(repository, `Pulumi.${stack}.yaml`);
      const { config } = parse(readFileSync(file, "utf8"));
      const raw = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
          key.replace("marquee:", ""),
          value,
        ]),
      );
      const complete = withLocalDefaults(raw, {
        MARQUEE_REGISTRY: "localhost:5001",
        MARQUEE_PLATFORM: "linux/amd64",
      });
      assert.deepEqual(parseSettings(complete ?? {}, names).issues, []);
    });
});
