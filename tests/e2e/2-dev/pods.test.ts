import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  configure,
  ensureUp,
  forwarded,
  json,
  ok,
  restoreDev,
  revertFiles,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { inPod, statusFrom } from "../../support/e2e/in-pod.ts";

type Line = Record<string, unknown> & {
  kubernetes: { pod_name: string; container_name: string };
};
const lines = (text: string): Line[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

/** Sends a request to auth; returns its request id. */
const request = () =>
  forwarded("auth-service", 8081, async (url) => {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    return response.headers.get("x-request-id");
  });

/** Waits until auth's old pods are gone, because `kubectl` may choose any pod of the Deployment. */
const onlyNewPods = () =>
  until(async () =>
    assert.equal(
      (await ok("kubectl get pods -l app=auth-service -o name")).split("\n")
        .length,
      1,
    ),
  );

describe("Pods", function () {
  this.timeout("10m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });
  afterEach(revertFiles);
  after(restoreDev);

  describe("log sidecar", () => {
    it("ships the service's log with the pod's metadata to its standard output", async () => {
      configure("auth", { replicas: 1, logSidecar: true });
      await ok("pulumi up --yes --skip-preview");
      await onlyNewPods();
      const id = await request();
      await until(async () => {
        const shipped = lines(
          await ok(
            "kubectl logs deployment/auth-deployment -c log-shipper --tail=-1",
          ),
        );
        const line = shipped.find(({ requestId }) => requestId === id);
        assert.equal(line?.status, 200);
        assert.match(line.kubernetes.pod_name, /^auth-deployment-/);
        assert.deepEqual(
          { ...line.kubernetes, pod_name: "" },
          {
            namespace_name: "marquee-dev",
            pod_name: "",
            host: "node",
            container_name: "auth",
          },
        );
      }, 15);
      // Log collectors must not get each line twice.
      assert.equal(
        await ok("kubectl logs deployment/auth-deployment -c auth"),
        "",
      );
      const { images } = await json("pulumi stack output --json");
      assert.match(images["log-shipper"], /marquee-log-shipper@sha256:/);
    });

    it("starts before the service, and is reachable on its localhost", async () => {
      assert.equal(
        await statusFrom("auth", "http://127.0.0.1:8090/readyz"),
        "200",
      );
      const { items } = await json(
        "kubectl get pods -l app=auth-service -o json",
      );
      const { initContainerStatuses, containerStatuses } = items.find(
        ({ metadata }: { metadata: object }) =>
          !("deletionTimestamp" in metadata),
      ).status;
      assert.ok(
        initContainerStatuses[0].state.running.startedAt <=
          containerStatuses[0].state.running.startedAt,
      );
    });

    it("ships logs to an HTTP endpoint, including the last line of a deleted pod", async () => {
      const received: Line[] = [];
      const server = createServer((incoming, response) => {
        let body = "";
        incoming
          .setEncoding("utf8")
          .on("data", (text: string) => {
            body += text;
          })
          .on("end", () => {
            received.push(...lines(body));
            response.end();
          });
      });
      // This machine's address on the cluster's network.
      await new Promise<void>((resolve) =>
        server.listen(0, "172.30.1.1", resolve),
      );
      try {
        const { port } = server.address() as AddressInfo;
        const endpoint = `http://172.30.1.1:${port}/ingest`;
        configure("auth", { replicas: 1, logSidecar: { endpoint } });
        await ok("pulumi up --yes --skip-preview");
        await onlyNewPods();
        const id = await request();
        await until(async () =>
          assert.ok(received.some(({ requestId }) => requestId === id)),
        );
        const pod = received.find(({ requestId }) => requestId === id)
          ?.kubernetes.pod_name as string;
        await ok(`kubectl delete pod ${pod}`);
        const last = received.filter(
          ({ kubernetes }) => kubernetes.pod_name === pod,
        );
        assert.equal(last.at(-1)?.msg, "drained");
        // Only the service that ships there may reach the endpoint.
        assert.equal(
          await statusFrom("payment", endpoint, "POST"),
          "no response",
        );
      } finally {
        server.close();
      }
    });
  });

  describe("secrets", () => {
    const env = () => inPod("auth", "console.log(process.env.SIGNING_KEY)");
    const leaks = (text: string, secret: string) =>
      [secret, Buffer.from(secret).toString("base64")].filter((form) =>
        text.includes(form),
      );

    it("are in the pod's environment, but not in Pulumi's output and state, other objects or logs", async () => {
      const secret = "correct-horse-battery-staple";
      await ok(
        `pulumi config set --secret --path 'marquee:secrets.auth.SIGNING_KEY' ${secret}`,
      );
      const said = [
        await ok("pulumi config"),
        await ok("pulumi preview --diff 2>&1"),
        await ok("pulumi up --yes --diff 2>&1"),
        await ok("pulumi preview --diff 2>&1"),
        await ok("pulumi stack output --json"),
        await ok("pulumi stack export"),
        await ok("cat Pulumi.dev.yaml"),
        await ok(
          "kubectl get deployments,replicasets,pods,configmaps,events -o yaml",
        ),
        await ok("kubectl logs -l app=auth-service --tail=-1"),
      ];
      assert.deepEqual(leaks(said.join("\n"), secret), []);
      assert.equal(await env(), secret);
    });

    it("roll the pods when they change", async () => {
      const names = async () =>
        (await ok("kubectl get secrets -o name"))
          .split("\n")
          .filter((name) => name.startsWith("secret/auth-secrets-"));
      const set = (value: string) =>
        ok(
          `pulumi config set --secret --path 'marquee:secrets.auth.SIGNING_KEY' ${value}`,
        );
      const [old, fresh] = ["the-first-long-secret", "the-second-long-secret"];
      await set(old);
      await ok("pulumi up --yes --skip-preview");
      const before = await names();
      await set(fresh);
      const said = [
        await ok("pulumi preview --diff 2>&1"),
        await ok("pulumi up --yes --diff 2>&1"),
        await ok("pulumi stack export"),
      ].join("\n");
      assert.deepEqual([...leaks(said, old), ...leaks(said, fresh)], []);
      assert.equal(await env(), fresh);
      assert.notDeepEqual(await names(), before);
      assert.equal((await names()).length, 1);
    });

    it("are rejected if they are not encrypted in the stack's configuration", async () => {
      await ok(
        "pulumi config set --path 'marquee:secrets.auth.SIGNING_KEY' in-the-clear",
      );
      const { code, output } = await sh("pulumi up --yes");
      assert.notEqual(code, 0);
      assert.match(
        output,
        /marquee:secrets\.auth\.SIGNING_KEY is not encrypted/,
      );
      assert.deepEqual(leaks(output, "in-the-clear"), []);
    });
  });
});
