import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  configure,
  destroyStaging,
  ensureUp,
  json,
  ok,
  revertFiles,
} from "../../support/e2e/environment.ts";
import { conformance, scores } from "../../support/manifests/checkers.ts";
import { schemasFrom } from "../../support/manifests/schemas.ts";

/** How Pulumi's state marks a secret. */
const secretMark = "4dabf18193072939515e22adb298388d";

type Value = { [key: string]: Value } | Value[] | string | number | boolean;

/** A resource's inputs in Pulumi's state, with secrets in clear text. */
function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value) return plain(JSON.parse(value.plaintext as string));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__defaults")
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

describe("Manifests with every kind of setting", function () {
  this.timeout("10m");
  let objects: { kind: string; metadata: { name?: string } }[];
  const schemas = mkdtempSync(join(tmpdir(), "marquee-schemas-"));

  before(async () => {
    await ensureUp();
    await ok("pulumi stack select staging");
    const services = {
      auth: {
        autoscale: { max: 3 },
        logSidecar: { endpoint: "https://logs.example.com/ingest" },
      },
      payment: { type: "ExternalName", externalName: "pay.example.com" },
      streaming: {
        type: "LoadBalancer",
        loadBalancer: { sourceRanges: ["172.30.1.0/24"] },
        resources: { requests: { cpu: 0.1 }, limits: { memory: "0.5Gi" } },
        logSidecar: true,
      },
    };
    for (const [service, settings] of Object.entries(services))
      configure(service, settings, "staging");
    await ok(
      "pulumi config set --secret --path 'marquee:secrets.auth.SIGNING_KEY' key",
    );
    await ok("pulumi up --yes --skip-preview");
    const { deployment } = await json("pulumi stack export --show-secrets");
    objects = deployment.resources
      .filter(({ type }: { type: string }) => type.startsWith("kubernetes:"))
      .map(({ inputs, id }: { inputs: Value; id: string }) => {
        const object = plain(inputs) as unknown as (typeof objects)[0];
        object.metadata.name ??= id.split("/").at(-1) as string;
        return object;
      });
    schemasFrom(await json("kubectl get --raw /openapi/v2"), schemas);
  });
  after(async () => {
    rmSync(schemas, { recursive: true, force: true });
    await destroyStaging();
    await revertFiles();
    await ok("pulumi stack select dev");
  });

  it("include every kind that Marquee creates", () => {
    assert.deepEqual([...new Set(objects.map(({ kind }) => kind))].sort(), [
      "Deployment",
      "HorizontalPodAutoscaler",
      "Job",
      "Namespace",
      "NetworkPolicy",
      "PersistentVolumeClaim",
      "PodDisruptionBudget",
      "Secret",
      "Service",
      "ServiceAccount",
      "StatefulSet",
    ]);
  });

  it("preview as unchanged, in whatever form quantities are configured", () =>
    ok("pulumi preview --expect-no-changes"));

  it("conform to the cluster's own schemas (kubeconform, strict)", async () => {
    assert.deepEqual(await conformance(objects, schemas), []);
  });

  it("have no findings that kube-score calls critical", async () => {
    const { critical } = await scores(objects);
    const meant = [
      // An image by digest never changes: asking the registry at each start (`Always`) would only make pods' starts
      // depend on it.
      /: container-image-pull-policy: /,
      // Docker's official image has its own user, 999.
      /^(StatefulSet\/postgres|Job\/postgres-image-check-\w+): container-security-context-user-group-id: /,
      // The ClusterIP of its Service stays when the pod's address changes, unlike that of a headless Service.
      /^StatefulSet\/postgres: statefulset-has-servicename: /,
    ];
    assert.deepEqual(
      critical.filter((line) => !meant.some((known) => known.test(line))),
      [],
    );
  });
});
