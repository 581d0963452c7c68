import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { LogSidecarSettings } from "../../../config/log-sidecar.ts";
import { image } from "../../support/components/configurations.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  auth,
  autonamedSecret,
  secretType,
} from "../../support/components/microservices.ts";

const logShipperImage = image("log-shipper");
const endpoint = "https://logs.example.com/ingest";
const mounts = [{ name: "logs", mountPath: "/var/log/marquee" }];

/** Deploys auth with a log sidecar. */
const shipped = (logSidecar: LogSidecarSettings = {}) =>
  auth({ logSidecar }, { logShipperImage: pulumi.output(logShipperImage) });

const field = (name: string, fieldPath: string) => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});
const environment = [
  { name: "PORT", value: "8090" },
  { name: "FOLLOW_FILE", value: "/var/log/marquee/service.log" },
  { name: "CONTAINER", value: "auth" },
  field("POD", "metadata.name"),
  field("NAMESPACE", "metadata.namespace"),
  field("NODE", "spec.nodeName"),
];

describe("Microservice with logSidecar", () => {
  it("adds a hardened container that starts before the service and stops after it", async () => {
    const { pod } = await shipped();
    assert.deepEqual(pod.initContainers, [
      {
        name: "log-shipper",
        image: logShipperImage,
        restartPolicy: "Always",
        ports: [{ name: "logs", containerPort: 8090 }],
        env: environment,
        startupProbe: {
          httpGet: { path: "/readyz", port: "logs" },
          periodSeconds: 1,
          failureThreshold: 60,
        },
        livenessProbe: {
          httpGet: { path: "/livez", port: "logs" },
          periodSeconds: 10,
          timeoutSeconds: 5,
        },
        terminationMessagePolicy: "FallbackToLogsOnError",
        resources: {
          requests: {
            cpu: "10m",
            memory: "64Mi",
            "ephemeral-storage": "64Mi",
          },
          limits: {
            cpu: "500m",
            memory: "128Mi",
            "ephemeral-storage": "256Mi",
          },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: mounts,
      },
    ]);
  });

  it("ships logs to the configured endpoint", async () => {
    const { pod } = await shipped({ endpoint });
    assert.deepEqual(pod.initContainers[0].env, [
      ...environment,
      { name: "ENDPOINT", value: endpoint },
    ]);
  });

  it("shares a log folder of limited size with the service", async () => {
    const { pod } = await shipped();
    assert.deepEqual(pod.volumes, [
      { name: "logs", emptyDir: { sizeLimit: "64Mi" } },
    ]);
    assert.deepEqual(pod.containers[0].volumeMounts, mounts);
  });

  it("sets LOG_FILE for the service's container only", async () => {
    const { pod } = await shipped({ endpoint });
    assert.deepEqual(pod.containers[0].env, [
      { name: "PORT", value: "8081" },
      { name: "LOG_FILE", value: "/var/log/marquee/service.log" },
    ]);
    assert.ok(!JSON.stringify(pod.initContainers).includes("LOG_FILE"));
  });

  it("changes nothing else in the service's pod and resources", async () => {
    const changed = await shipped({ endpoint });
    const { initContainers, volumes, ...pod } = changed.pod;
    const [{ volumeMounts, env, ...container }] = pod.containers;
    const plain = await auth();
    const [{ env: plainEnv, ...plainContainer }] = plain.pod.containers;
    assert.deepEqual(container, plainContainer);
    assert.deepEqual({ ...pod, containers: plain.pod.containers }, plain.pod);
    assert.deepEqual(changed.service, plain.service);
    assert.deepEqual(count(changed.resources), count(plain.resources));
  });

  it("returns the images of the service and the log shipper", async () => {
    assert.deepEqual((await shipped()).images, {
      auth: image(),
      "log-shipper": logShipperImage,
    });
  });

  for (const [what, args] of [
    ["without logSidecar", {}],
    [
      "without logSidecar, even if the log shipper's image is known",
      { logShipperImage },
    ],
  ] as const)
    it(`adds no container ${what}`, async () => {
      const { pod, images } = await auth({}, args);
      assert.ok(!("initContainers" in pod));
      assert.ok(!("volumes" in pod));
      assert.ok(!("volumeMounts" in pod.containers[0]));
      assert.deepEqual(pod.containers[0].env, [
        { name: "PORT", value: "8081" },
      ]);
      assert.deepEqual(images, { auth: image() });
    });

  describe("endpoint headers", () => {
    const headers = { Authorization: "Bearer hunter2", "X-Scope": "marquee" };
    const name = "auth-log-headers-1a2b3c4d";
    const run = () =>
      auth(
        { logSidecar: { endpoint, headers } },
        { logShipperImage: pulumi.output(logShipperImage) },
        { [secretType]: () => ({ metadata: { name } }) },
      );

    it("stores the headers in an autonamed Secret", async () => {
      const { resources } = await run();
      const { stringData, ...inputs } = only(
        resources,
        secretType,
        "auth-log-headers",
      ).inputs;
      assert.deepEqual(inputs, autonamedSecret);
      assert.ok(pulumi.runtime.isRpcSecret(stringData));
      assert.deepEqual(pulumi.runtime.unwrapRpcSecret(stringData), {
        headers: JSON.stringify(headers),
      });
    });

    it("passes the headers only to the sidecar, by the Secret's resulting name", async () => {
      const { pod } = await run();
      assert.deepEqual(pod.initContainers[0].env, [
        ...environment,
        { name: "ENDPOINT", value: endpoint },
        {
          name: "ENDPOINT_HEADERS",
          valueFrom: { secretKeyRef: { name, key: "headers" } },
        },
      ]);
      assert.ok(!JSON.stringify(pod.containers).includes("HEADERS"));
    });

    it("keeps the headers' values out of all other resources and outputs", async () => {
      const { resources, images, urns } = await run();
      for (const { type, inputs } of resources)
        assert.equal(
          JSON.stringify(inputs).includes("hunter2"),
          type === secretType,
          type,
        );
      assert.ok(!JSON.stringify([images, urns]).includes("hunter2"));
    });

    it("adds only the Secret to the resources", async () => {
      const { [secretType]: made, ...others } = count((await run()).resources);
      assert.equal(made, 1);
      assert.deepEqual(others, count((await shipped({ endpoint })).resources));
    });
  });
});
