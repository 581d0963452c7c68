import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import { count, ends, only } from "../../support/components/engine.ts";
import {
  autoscalerType,
  deploymentType,
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";
import {
  deployed,
  images,
  imageType,
  pods,
  policyType,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

const external = { type: "ExternalName", externalName: "pay.example.com" };

describe("The program: optional features", () => {
  const { run, runWithoutRegistry, built } = useProgram();

  describe("logSidecar", () => {
    const endpoint = "https://logs.example.com:9200/ingest";
    const dns = 2; // ports

    it("builds the log shipper once for several services, and exports its image", async () => {
      const { resources, outputs, reference } = await run({
        auth: { logSidecar: true },
        streaming: { logSidecar: { endpoint } },
      });
      assert.deepEqual(count(resources), {
        ...deployed,
        "marquee:components:ServiceImage": 4,
        [imageType]: 4,
      });
      assert.deepEqual(built(), [
        "auth",
        "log-shipper",
        "payment",
        "streaming",
      ]);
      const { auth, payment, streaming } = pods(resources);
      for (const { initContainers } of [auth, streaming])
        assert.equal(initContainers[0].image, reference("log-shipper"));
      assert.ok(!("initContainers" in payment));
      assert.deepEqual(outputs.images, {
        auth: reference("auth"),
        payment: reference("payment"),
        streaming: reference("streaming"),
        "log-shipper": reference("log-shipper"),
      });
    });

    it("allows egress to an endpoint's port only for the service with that endpoint", async () => {
      const { resources } = await run({
        auth: { logSidecar: true },
        streaming: { logSidecar: { endpoint } },
      });
      const out = resources
        .filter(({ type }) => type === policyType)
        .filter(({ inputs }) =>
          JSON.stringify(inputs.spec).includes('"port":9200'),
        )
        .map(({ name }) => name);
      assert.deepEqual(out, ["streaming-network"]);
      const { egress } = only(resources, policyType, "auth-network").inputs
        .spec;
      assert.deepEqual(
        egress.map(({ ports }: { ports: object[] }) => ports.length),
        [dns],
      );
    });

    it("exports no log shipper image that is configured but unused", async () => {
      const { resources, outputs } = await runWithoutRegistry(prebuilt, {
        config: { "marquee:logShipperImage": image("log-shipper") },
      });
      assert.deepEqual(count(resources), deployed);
      assert.deepEqual(outputs.images, images);
    });

    it("runs a prebuilt log shipper instead of building one", async () => {
      const shipper = image("log-shipper");
      const { resources, outputs } = await runWithoutRegistry(
        {
          ...prebuilt,
          auth: { ...prebuilt.auth, logSidecar: true },
          payment: { ...prebuilt.payment, logSidecar: { endpoint } },
        },
        { config: { "marquee:logShipperImage": shipper } },
      );
      assert.deepEqual(count(resources), deployed);
      assert.deepEqual(built(), []);
      const { auth, payment, streaming } = pods(resources);
      for (const { initContainers } of [auth, payment])
        assert.equal(initContainers[0].image, shipper);
      assert.ok(!("initContainers" in streaming));
      assert.deepEqual(outputs.images, { ...images, "log-shipper": shipper });
    });
  });

  describe("secrets", () => {
    const configured = (services: object, secrets: object, encrypted = true) =>
      runWithoutRegistry(
        { ...prebuilt, ...services },
        {
          config: { "marquee:secrets": JSON.stringify(secrets) },
          encrypted: encrypted ? ["marquee:secrets"] : [],
          answers: {
            [secretType]: ({ name }) => ({
              metadata: { name: `${name}-1a2b` },
            }),
          },
        },
      );
    const token = { TOKEN: "hunter2" };
    /** The program's resources if one service has secrets. */
    const withSecret = { ...deployed, [secretType]: deployed[secretType] + 1 };

    it("passes each service only its own secrets, and exports none", async () => {
      const { resources, outputs } = await configured(
        { payment: external },
        { auth: token, streaming: { KEY: "pa55word" } },
      );
      const { auth, streaming } = pods(resources);
      for (const [pod, name] of [
        [auth, "auth-secrets"],
        [streaming, "streaming-secrets"],
      ])
        assert.deepEqual(pod.containers[0].envFrom, [
          { secretRef: { name: `${name}-1a2b` } },
        ]);
      const namesContaining = (value: string) =>
        resources
          .filter(({ inputs }) => JSON.stringify(inputs).includes(value))
          .map(({ name }) => name);
      assert.deepEqual(namesContaining("hunter2"), ["auth-secrets"]);
      assert.deepEqual(namesContaining("pa55word"), ["streaming-secrets"]);
      assert.ok(!/hunter2|pa55word/.test(JSON.stringify(outputs)));
    });

    it("creates no Secret for services without secrets", async () => {
      const { resources } = await configured({}, { auth: token });
      assert.deepEqual(count(resources), withSecret);
      assert.ok(!("envFrom" in pods(resources).payment.containers[0]));
    });

    it("creates no Secret for a service whose secrets are empty or null", async () => {
      const { resources } = await configured(
        {},
        { auth: {}, payment: null, streaming: token },
      );
      assert.deepEqual(count(resources), withSecret);
      only(resources, secretType, "streaming-secrets");
      assert.ok(!("envFrom" in pods(resources).auth.containers[0]));
    });

    it("rejects unencrypted secrets without quoting them", () =>
      ends(
        configured({}, { auth: token }, false),
        /^(?!.*hunter2).*is invalid, so nothing was built or changed:\n {2}- marquee:secrets\.auth\.TOKEN is not encrypted(?!.*hunter2)/s,
      ));
  });

  it("creates an autoscaler only for the service with autoscale", async () => {
    const { resources } = await runWithoutRegistry({
      ...prebuilt,
      auth: { ...prebuilt.auth, autoscale: { max: 7 } },
    });
    assert.deepEqual(count(resources), { ...deployed, [autoscalerType]: 1 });
    const { spec } = only(resources, autoscalerType, "auth-autoscaler").inputs;
    assert.deepEqual([spec.minReplicas, spec.maxReplicas], [2, 7]);
    assert.ok(
      !(
        "replicas" in
        only(resources, deploymentType, "auth-deployment").inputs.spec
      ),
    );
  });

  it("applies loadBalancer and resources to their service only", async () => {
    const { resources } = await runWithoutRegistry({
      ...prebuilt,
      auth: {
        ...prebuilt.auth,
        type: "LoadBalancer",
        loadBalancer: { sourceRanges: ["203.0.113.0/24"] },
        resources: { limits: { cpu: 2 } },
      },
    });
    const { spec } = only(resources, serviceType, "auth-service").inputs;
    assert.deepEqual(spec.loadBalancerSourceRanges, ["203.0.113.0/24"]);
    const { auth, payment } = pods(resources);
    assert.equal(auth.containers[0].resources.limits.cpu, "2");
    assert.equal(payment.containers[0].resources.limits.cpu, "1");
  });
});
