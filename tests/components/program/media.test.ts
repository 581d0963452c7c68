import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import {
  app,
  containing,
  dns,
  policies,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import { jobType } from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  egress,
  inside,
  variablesAfter,
  variablesBefore,
} from "../../support/components/media-programs.ts";
import { deployed, pods, prebuilt } from "../../support/components/program.ts";

const bucket = "films";
const logShipperImage = image("log-shipper");
const external = { type: "ExternalName", externalName: "tv.example.com" };

describe("The program: media", () => {
  const { run, failsBeforeCreation } = useDatabaseProgram();

  it("fails before anything is created if the bucket's secrets are missing", () =>
    failsBeforeCreation(
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
    assert.deepEqual(container.env, [...variablesBefore, ...variablesAfter]);
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
        ...variablesBefore,
        { name: "MEDIA_FOLDER", value: "/media" },
        ...variablesAfter,
      ]);
      assert.ok(!("envFrom" in container));
      for (const pod of [auth, payment]) {
        assert.ok(!("volumes" in pod));
        assert.ok(!/media|films/i.test(JSON.stringify(pod)));
      }
      assert.deepEqual(containing(resources, "films-2026"), [
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
    assert.deepEqual(containing(resources, "films"), []);
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(env[0], { name: "SERVICES", value: "auth payment" });
  });
});
