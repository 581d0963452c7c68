import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { image, names } from "../../support/components/configurations.ts";
import {
  app,
  dns,
  policies,
  saying,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import { jobType } from "../../support/components/databases.ts";
import { count, only, type Resource } from "../../support/components/engine.ts";
import { secretType } from "../../support/components/microservices.ts";
import {
  deployed,
  pods,
  policyType,
  prebuilt,
} from "../../support/components/program.ts";

const bucket = "films";
const logShipperImage = image("log-shipper");
const secrets = {
  streaming: { S3_ACCESS_KEY_ID: "hunter2", S3_SECRET_ACCESS_KEY: "pa55word" },
};
const external = { type: "ExternalName", externalName: "tv.example.com" };

/** Streaming's variables in front of those of media; `after` has the others. */
const before = [
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
const after = [
  { name: "DATABASE_PASSWORD", ...secret("streaming-database-password") },
  {
    name: "DATABASE_URL",
    value: "postgres://streaming:$(DATABASE_PASSWORD)@postgres:5432/streaming",
  },
  { name: "PLAYBACK_KEY", ...secret("streaming-playback-key") },
];

/** The egress rules in each service's own policy. */
const egress = (resources: Resource[], services: readonly string[] = names) =>
  Object.fromEntries(
    services.map((service) => [
      service,
      only(resources, policyType, `${service}-network`).inputs.spec.egress,
    ]),
  );
const inside = { auth: [dns], payment: [dns], streaming: [dns] };

describe("The program: media", () => {
  const { run, endsUnmade } = useDatabaseProgram();

  it("fails before anything is created if the bucket's secrets are missing", () =>
    endsUnmade(
      prebuilt,
      /is invalid.*secrets\.streaming\.S3_ACCESS_KEY_ID is missing.*secrets\.streaming\.S3_SECRET_ACCESS_KEY is missing/s,
      { config: { "marquee:media": JSON.stringify({ bucket }) } },
    ));

  it("adds no volume, no Secret and no egress without a configuration", async () => {
    const { resources } = await run();
    assert.deepEqual(count(resources), deployed);
    for (const [name, pod] of Object.entries(pods(resources))) {
      assert.ok(!("volumes" in pod), name);
      assert.ok(!("volumeMounts" in pod.containers[0]), name);
      assert.ok(!("envFrom" in pod.containers[0]), name);
    }
    const [container] = pods(resources).streaming.containers;
    assert.deepEqual(container.env, [...before, ...after]);
    assert.deepEqual(egress(resources), inside);
  });

  it("allows streaming to call only auth, payment and postgres without a configuration", async () => {
    const { resources } = await run();
    const out = (called: string, port: number) => ({
      ...app("streaming-service"),
      policyTypes: ["Egress"],
      egress: [{ to: [app(called)], ports: [{ port }] }],
    });
    assert.deepEqual(policies(resources, "streaming"), {
      "streaming-network": {
        ...app("streaming-service"),
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [dns],
      },
      "streaming-calls-auth": out("auth-service", 8081),
      "streaming-calls-payment": out("payment-service", 8082),
      "streaming-calls-postgres": out("postgres", 5432),
    });
  });

  describe("volume", () => {
    const media = { volumeClaim: "films-2026" };
    const volume = {
      name: "media",
      persistentVolumeClaim: { claimName: "films-2026", readOnly: true },
    };
    const mount = { name: "media", mountPath: "/media", readOnly: true };

    it("mounts the volume read-only in streaming only, and allows no egress", async () => {
      const { resources } = await run({}, { media });
      assert.deepEqual(count(resources), deployed);
      const { auth, payment, streaming } = pods(resources);
      assert.deepEqual(streaming.volumes, [volume]);
      const [container] = streaming.containers;
      assert.deepEqual(container.volumeMounts, [mount]);
      assert.deepEqual(container.env, [
        ...before,
        { name: "MEDIA_FOLDER", value: "/media" },
        ...after,
      ]);
      assert.ok(!("envFrom" in container));
      for (const pod of [auth, payment]) {
        assert.ok(!("volumes" in pod));
        assert.ok(!/media|films/i.test(JSON.stringify(pod)));
      }
      assert.deepEqual(saying(resources, "films-2026"), [
        "streaming-deployment",
      ]);
      assert.deepEqual(egress(resources), inside);
    });

    it("adds the log folder after the volume with a log sidecar", async () => {
      const { resources } = await run(
        { streaming: { ...prebuilt.streaming, logSidecar: true } },
        { media, logShipperImage },
      );
      const pod = pods(resources).streaming;
      assert.deepEqual(pod.volumes, [
        volume,
        { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
      ]);
      const logs = { name: "logs", mountPath: "/var/log/marquee" };
      assert.deepEqual(pod.containers[0].volumeMounts, [mount, logs]);
      assert.deepEqual(pod.initContainers[0].volumeMounts, [logs]);
    });
  });

  describe("bucket", () => {
    it("passes the bucket only to streaming, with its keys in a Secret only", async () => {
      const { resources, outputs } = await run(
        {},
        { media: { bucket }, secrets },
      );
      assert.deepEqual(count(resources), {
        ...deployed,
        [secretType]: deployed[secretType] + 1,
      });
      const { auth, payment, streaming } = pods(resources);
      assert.deepEqual(streaming.containers[0].env, [
        ...before,
        { name: "S3_BUCKET", value: "films" },
        { name: "S3_REGION", value: "us-east-1" },
        { name: "S3_ENDPOINT", value: "https://s3.us-east-1.amazonaws.com" },
        ...after,
      ]);
      assert.deepEqual(streaming.containers[0].envFrom, [
        { secretRef: { name: "streaming-secrets-1a2b" } },
      ]);
      assert.ok(!("volumes" in streaming));
      assert.ok(!("volumeMounts" in streaming.containers[0]));
      const { inputs } = only(resources, secretType, "streaming-secrets");
      assert.deepEqual(
        pulumi.runtime.unwrapRpcSecret(inputs.stringData),
        secrets.streaming,
      );
      for (const value of Object.values(secrets.streaming)) {
        assert.deepEqual(saying(resources, value), ["streaming-secrets"]);
        assert.ok(!JSON.stringify(outputs).includes(value));
      }
      assert.ok(!/S3_|streaming-secrets/.test(JSON.stringify([auth, payment])));
    });

    it("passes the endpoint, region and prefix to streaming", async () => {
      const media = {
        bucket,
        endpoint: "http://minio.example.com:9000",
        region: "eu-central-1",
        prefix: "hd/",
      };
      const { resources } = await run({}, { media, secrets });
      assert.deepEqual(pods(resources).streaming.containers[0].env, [
        ...before,
        { name: "S3_BUCKET", value: "films" },
        { name: "S3_REGION", value: "eu-central-1" },
        { name: "S3_ENDPOINT", value: "http://minio.example.com:9000" },
        { name: "S3_PREFIX", value: "hd/" },
        ...after,
      ]);
    });

    const ports: [media: object, port: number][] = [
      [{}, 443],
      [{ endpoint: "https://minio.example.com" }, 443],
      [{ endpoint: "https://minio.example.com:9000" }, 9000],
      [{ endpoint: "http://minio.example.com" }, 80],
      [{ endpoint: "http://minio.example.com:9000/" }, 9000],
    ];
    for (const [more, port] of ports)
      it(`allows egress to port ${port} only for streaming with ${JSON.stringify(more)}`, async () => {
        const { resources } = await run(
          {},
          { media: { bucket, ...more }, secrets },
        );
        assert.deepEqual(egress(resources), {
          ...inside,
          streaming: [dns, { ports: [{ port }] }],
        });
        assert.equal(count(resources)[policyType], deployed[policyType]);
      });

    it("allows egress to the ports of the bucket and the log endpoint, without duplicates", async () => {
      for (const [log, ports] of [
        ["https://logs.example.com:9200", [9200, 443]],
        ["https://logs.example.com", [443]],
      ] as const) {
        const logSidecar = { endpoint: log };
        const { resources } = await run(
          { streaming: { ...prebuilt.streaming, logSidecar } },
          { media: { bucket }, secrets, logShipperImage },
        );
        assert.deepEqual(egress(resources).streaming, [
          dns,
          { ports: ports.map((port) => ({ port })) },
        ]);
      }
    });
  });

  it("needs no keys, no egress and no database if streaming runs elsewhere", async () => {
    const { resources } = await run(
      { streaming: external },
      { media: { bucket } },
    );
    assert.deepEqual(policies(resources, "streaming"), {});
    assert.deepEqual(egress(resources, ["auth", "payment"]), {
      auth: [dns],
      payment: [dns],
    });
    assert.deepEqual(saying(resources, "films"), []);
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(env[0], { name: "SERVICES", value: "auth payment" });
  });
});
