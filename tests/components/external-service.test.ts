import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ExternalService } from "../../components/external-service.ts";
import {
  count,
  deploy,
  formerParents,
  only,
  recordOptions,
} from "../support/components/engine.ts";

const serviceType = "kubernetes:core/v1:Service";
const options: Record<string, pulumi.CustomResourceOptions> = {};

const external = () =>
  deploy(() => {
    const { url, service } = new ExternalService(
      "payment",
      {
        namespace: "marquee-dev",
        externalName: pulumi.output("pay.example.com"),
        port: 8082,
      },
      recordOptions(options),
    );
    return { url, urn: service.urn };
  });

describe("ExternalService", () => {
  it("creates a Service and nothing else", async () => {
    const { outputs, resources } = await external();
    assert.deepEqual(count(resources), {
      "marquee:components:ExternalService": 1,
      [serviceType]: 1,
    });
    assert.equal(
      outputs.urn,
      `urn:pulumi:dev::marquee::marquee:components:ExternalService$${serviceType}::payment-service`,
    );
  });

  it("maps the service's in-cluster name to the external host", async () => {
    const { resources } = await external();
    assert.deepEqual(only(resources, serviceType, "payment-service").inputs, {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "payment-service",
        namespace: "marquee-dev",
        labels: {
          app: "payment-service",
          "app.kubernetes.io/name": "payment",
          "app.kubernetes.io/part-of": "marquee",
          "app.kubernetes.io/managed-by": "pulumi",
        },
        annotations: {
          "pulumi.com/patchForce": "true",
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: { type: "ExternalName", externalName: "pay.example.com" },
    });
  });

  it("returns the external host and port as its URL", async () => {
    const { outputs } = await external();
    assert.equal(outputs.url, "http://pay.example.com:8082");
  });

  it("keeps the Service object of a service that ran in the cluster before", async () => {
    await external();
    assert.deepEqual(await formerParents(options[serviceType]), [
      "urn:pulumi:dev::marquee::marquee:components:Microservice::payment",
    ]);
  });
});
