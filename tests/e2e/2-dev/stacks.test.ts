import assert from "node:assert/strict";
import { join } from "node:path";
import {
  clone,
  destroyStaging,
  edit,
  ensureUp,
  generations,
  json,
  ok,
  revertFiles,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { cname } from "../../support/e2e/in-pod.ts";

const deployments = async (namespace: string) =>
  Object.fromEntries(
    (await json(`kubectl get deployments -n ${namespace} -o json`)).items.map(
      (item: {
        metadata: { name: string };
        status: { readyReplicas: number };
      }) => [item.metadata.name, item.status.readyReplicas],
    ),
  );
const types = async (namespace: string) =>
  Object.fromEntries(
    (await json(`kubectl get services -n ${namespace} -o json`)).items.map(
      (item: { metadata: { name: string }; spec: { type: string } }) => [
        item.metadata.name,
        item.spec.type,
      ],
    ),
  );

/** Signs up, or logs in, at staging's auth. */
async function credentials(path: "signup" | "login") {
  const endpoints = await json(
    "pulumi stack output endpoints --stack staging --json",
  );
  return fetch(`${endpoints.auth}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      email: "kept@example.com",
      password: "a long sentence about nothing",
    }),
  });
}

/** The names of objects in staging's namespace. */
const left = async (kinds: string): Promise<string[]> =>
  (await json(`kubectl get ${kinds} -n marquee-staging -o json`)).items.map(
    ({ metadata }: { metadata: { name: string } }) => metadata.name,
  );

describe("Stacks staging and prod", function () {
  this.timeout("6m");
  before(ensureUp);
  after(async () => {
    await destroyStaging();
    await sh("pulumi stack rm prod --yes");
    await revertFiles();
    await ok("pulumi stack select dev");
  });

  it("deploys staging beside dev, with other replica counts and service types, and leaves dev unchanged", async () => {
    const dev = await generations();
    await ok("pulumi stack select staging && pulumi up --yes --skip-preview");
    // The autoscaler acts every 15 s.
    await until(async () =>
      assert.deepEqual(await deployments("marquee-staging"), {
        "auth-deployment": 1,
        "payment-deployment": 1,
        "streaming-deployment": 2,
      }),
    );
    assert.deepEqual(await types("marquee-staging"), {
      "auth-service": "NodePort",
      "payment-service": "ClusterIP",
      postgres: "ClusterIP",
      "streaming-service": "LoadBalancer",
    });
    assert.deepEqual(await generations(), dev);
  });

  it("gives a LoadBalancer a reachable address, and a NodePort a reachable port", async () => {
    const endpoints = await json(
      "pulumi stack output endpoints --stack staging --json",
    );
    assert.match(endpoints.streaming, /^http:\/\/172\.30\.1\.\d+:8083$/);
    assert.equal(
      (await fetch(endpoints.streaming, { method: "HEAD" })).status,
      200,
    );
    assert.match(endpoints.auth, /^http:\/\/127\.0\.0\.2:300\d\d$/);
    assert.equal((await fetch(endpoints.auth)).status, 200);
  });

  it("turns a service into an ExternalName without image and Deployment, in the same Service object", async () => {
    const uid = await ok(
      "kubectl get service payment-service -n marquee-staging -o jsonpath={.metadata.uid}",
    );
    await ok("pulumi stack select staging");
    edit(
      join(clone(), "Pulumi.staging.yaml"),
      /payment:\n +type: ClusterIP\n +replicas: 1\n +logSidecar: true/,
      "payment:\n      type: ExternalName\n      externalName: payment-service.marquee-dev.svc.cluster.local",
    );
    await ok("pulumi up --yes --skip-preview");
    const { metadata, spec } = await json(
      "kubectl get service payment-service -n marquee-staging -o json",
    );
    assert.equal(spec.type, "ExternalName");
    assert.equal(metadata.uid, uid);
    assert.deepEqual(Object.keys(await deployments("marquee-staging")), [
      "auth-deployment",
      "streaming-deployment",
    ]);
    assert.deepEqual(
      Object.keys(await json("pulumi stack output images --json")),
      ["auth", "streaming"],
    );
    assert.equal(
      await cname(
        "payment-service.marquee-staging.svc.cluster.local",
        "-n marquee-staging",
      ),
      "payment-service.marquee-dev.svc.cluster.local",
    );
  });

  it("turns an ExternalName back into a ClusterIP with pods, in the same Service object", async () => {
    const uid = await ok(
      "kubectl get service payment-service -n marquee-staging -o jsonpath={.metadata.uid}",
    );
    await ok(
      "git checkout Pulumi.staging.yaml && pulumi up --yes --skip-preview",
    );
    const { metadata, spec } = await json(
      "kubectl get service payment-service -n marquee-staging -o json",
    );
    assert.equal(spec.type, "ClusterIP");
    assert.equal(metadata.uid, uid);
    assert.equal(
      (await deployments("marquee-staging"))["payment-deployment"],
      1,
    );
  });

  it("removes staging, but neither its data nor dev, with pulumi destroy", async () => {
    assert.equal((await credentials("signup")).status, 201);
    await ok("pulumi destroy --yes --skip-preview --stack staging");
    assert.deepEqual(
      await left("deployments,statefulsets,services,pods,networkpolicies"),
      [],
    );
    assert.deepEqual(await left("persistentvolumeclaims"), ["postgres-data"]);
    assert.ok(
      (await left("secrets")).some((name) =>
        /^auth-key-encryption-/.test(name),
      ),
    );
    assert.equal((await deployments("marquee-dev"))["streaming-deployment"], 3);
  });

  it("reuses the retained data after marquee:adopt is set", async () => {
    const { code, output } = await sh("pulumi up --yes --stack staging");
    assert.notEqual(code, 0);
    const key = output.match(/pulumi config set marquee:adopt ([\w-]+)`/)?.[1];
    await ok(`pulumi config set marquee:adopt ${key} --stack staging`);
    await ok("pulumi up --yes --skip-preview --stack staging");
    assert.equal((await credentials("login")).status, 200);
    await destroyStaging();
  });

  it("previews prod without its cluster, password and images, and warns about each", async () => {
    const preview = await ok(
      "pulumi stack select --create prod && pulumi preview",
    );
    assert.match(preview, /46 to create/);
    assert.match(
      preview,
      /marquee:context is "marquee-prod", which is not in the kubeconfig/,
    );
    assert.match(preview, /marquee:secrets\.postgres\.PASSWORD is missing/);
    assert.match(
      preview,
      /marquee:imagesFrom is "staging", and that stack runs no image of auth, payment and streaming/,
    );
  });
});
