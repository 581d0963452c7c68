import assert from "node:assert/strict";
import {
  claimType,
  here,
  jobType,
  postgres,
  statefulSetType,
} from "../../support/components/databases.ts";
import { only } from "../../support/components/engine.ts";
import {
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";

const recommended = {
  "app.kubernetes.io/name": "postgres",
  "app.kubernetes.io/part-of": "marquee",
  "app.kubernetes.io/managed-by": "pulumi",
};
const labels = { app: "postgres", ...recommended };
const patchForce = { "pulumi.com/patchForce": "true" };

describe("Postgres: PersistentVolumeClaim", () => {
  const claim = (spec: object) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: "postgres-data",
      namespace: "marquee-dev",
      labels,
      annotations: { ...patchForce, "pulumi.com/skipAwait": "true" },
    },
    spec: { accessModes: ["ReadWriteOnce"], ...spec },
  });

  it("requests the default size from the cluster's default storage class", async () => {
    const { resources } = await postgres();
    assert.deepEqual(
      only(resources, claimType, "postgres-data").inputs,
      claim({ resources: { requests: { storage: "10Gi" } } }),
    );
  });

  it("requests the configured size from the configured storage class", async () => {
    const settings = here({ storage: "1024Gi", storageClass: "fast" });
    const { resources } = await postgres(settings);
    assert.deepEqual(
      only(resources, claimType).inputs,
      claim({
        resources: { requests: { storage: "1Ti" } },
        storageClassName: "fast",
      }),
    );
  });

  it("is retained on deletion like the passwords, unlike everything else", async () => {
    const { options } = await postgres();
    for (const type of [statefulSetType, serviceType, jobType])
      assert.equal(options[type]?.retainOnDelete, undefined, type);
    for (const type of [claimType, secretType])
      assert.equal(options[type]?.retainOnDelete, true, type);
  });
});
