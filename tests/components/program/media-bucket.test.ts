import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { image } from "../../support/components/configurations.ts";
import {
  containing,
  dns,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  egress,
  inside,
  secrets,
  variablesAfter,
  variablesBefore,
} from "../../support/components/media-programs.ts";
import { secretType } from "../../support/components/microservices.ts";
import {
  deployed,
  pods,
  policyType,
  prebuilt,
} from "../../support/components/program.ts";

const bucket = "films";
const logShipperImage = image("log-shipper");

describe("The program: media in a bucket", () => {
  const { run } = useDatabaseProgram();

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
      ...variablesBefore,
      { name: "S3_BUCKET", value: "films" },
      { name: "S3_REGION", value: "us-east-1" },
      { name: "S3_ENDPOINT", value: "https://s3.us-east-1.amazonaws.com" },
      ...variablesAfter,
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
      assert.deepEqual(containing(resources, value), ["streaming-secrets"]);
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
      ...variablesBefore,
      { name: "S3_BUCKET", value: "films" },
      { name: "S3_REGION", value: "eu-central-1" },
      { name: "S3_ENDPOINT", value: "http://minio.example.com:9000" },
      { name: "S3_PREFIX", value: "hd/" },
      ...variablesAfter,
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
