import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ExternalService } from "../../components/external-service.ts";
import {
  count,
  deploy,
  formerParents,
  noting,
  only,
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
      noting(options),
    );
    return { url, urn: service.urn };
  });

describe("ExternalService", () => {
  it("is a Service and nothing more: no Deployment, no image", async () => {
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

  it("gives the host the name that pods know the service by", async () => {
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

  it("has the host and its port as url", async () => {
    const { outputs } = await external();
    assert.equal(outputs.url, "http://pay.example.com:8082");
  });

  it("keeps its Service object when the service ran here before", async () => {
    await external();
    assert.deepEqual(await formerParents(options[serviceType]), [
      "urn:pulumi:dev::marquee::marquee:components:Microservice::payment",
    ]);
  });
});
