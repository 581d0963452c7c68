import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import {
  configure as configureService,
  createStack,
  ensureCluster,
  host,
  json,
  ok,
  removeStack,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { cname, peersOf } from "../../support/e2e/in-pod.ts";
import { underLoad, underLoadFrom } from "../../support/e2e/load.ts";

const auth = () => json("kubectl get service auth-service -o json");
const deployment = () =>
  ok("kubectl get deployment auth-deployment -o jsonpath={.metadata.uid}");
const endpoint = async () =>
  (await json("pulumi stack output endpoints --json")).auth as string;

/** Sends requests from streaming to auth during `work`. */
const loadFromInside = (work: () => Promise<unknown>) =>
  underLoadFrom("streaming", "http://auth-service:8081/readyz", work);

/** The stack whose Service of auth changes, and the stack that has the external host of its ExternalName. */
const [stack, externalStack] = ["types", "external"];
const externalHost = `auth-service.marquee-${externalStack}.svc.cluster.local`;
const configure = (settings: Record<string, unknown>) =>
  configureService("auth", settings, stack);

const settings = {
  ClusterIP: { type: "ClusterIP", replicas: 2 },
  NodePort: { type: "NodePort", nodePort: 30010, replicas: 2 },
  LoadBalancer: { type: "LoadBalancer", replicas: 2 },
  ExternalName: { type: "ExternalName", externalName: externalHost },
};
type Type = keyof typeof settings;

describe("Service types", function () {
  this.timeout("10m");
  before(async () => {
    await ensureCluster();
    const nowhere = { type: "ExternalName", externalName: "nowhere.invalid" };
    await createStack(externalStack, {
      services: {
        auth: { type: "NodePort", replicas: 1 },
        payment: nowhere,
        streaming: nowhere,
      },
    });
    await ok("pulumi up --yes --skip-preview");
    await createStack(stack, {
      // Required while auth is elsewhere. Set throughout, so that a step changes auth alone.
      issuer: `http://auth-service.marquee-${externalStack}.svc:8081`,
      services: {
        auth: settings.ClusterIP,
        payment: nowhere,
        streaming: { replicas: 1 },
      },
    });
    await ok("pulumi up --yes --skip-preview");
  });
  after(async () => {
    await removeStack(stack);
    await removeStack(externalStack);
  });

  // Every change from one type to another.
  const steps: [from: Type, to: Type][] = [
    ["ClusterIP", "NodePort"],
    ["NodePort", "ClusterIP"],
    ["ClusterIP", "LoadBalancer"],
    ["LoadBalancer", "ClusterIP"],
    ["ClusterIP", "ExternalName"],
    ["ExternalName", "NodePort"],
    ["NodePort", "LoadBalancer"],
    ["LoadBalancer", "ExternalName"],
    ["ExternalName", "LoadBalancer"],
    ["LoadBalancer", "NodePort"],
    ["NodePort", "ExternalName"],
    ["ExternalName", "ClusterIP"],
  ];
  for (const [from, to] of steps)
    it(`changes from ${from} to ${to} by configuration and pulumi up`, async () => {
      const before = await auth();
      assert.equal(before.spec.type, from);
      const pods = from === "ExternalName" ? undefined : await deployment();
      configure(settings[to]);

      let fromOutside: Awaited<ReturnType<typeof underLoad>> | undefined;
      const up = () => ok("pulumi up --yes --skip-preview");
      const fromInside = await loadFromInside(async () => {
        // The node port stays if the next type has one, too.
        if (from === "NodePort" && to === "LoadBalancer")
          fromOutside = await underLoad(`http://${host}:30010/readyz`, up);
        else await up();
        await new Promise((resolve) => setTimeout(resolve, 3000));
      });

      const after = await auth();
      assert.equal(after.spec.type, to);
      assert.equal(after.metadata.uid, before.metadata.uid);
      /** Waits until callers get answers again, once DNS (5 s here) has dropped the old address. */
      const settled = () =>
        until(async () => {
          const { failures } = await loadFromInside(
            () => new Promise((resolve) => setTimeout(resolve, 2000)),
          );
          assert.deepEqual(failures, []);
        }, 10);
      if (to === "ExternalName") {
        // The old address is gone, and callers have to resolve the new one.
        await settled();
        assert.equal(
          await cname(`auth-service.marquee-${stack}.svc.cluster.local`),
          externalHost,
        );
        assert.equal(
          (await sh("kubectl get deployment auth-deployment")).code,
          1,
        );
        return;
      }
      // Egress to the external host is closed once the Service leads to pods.
      if (from === "ExternalName") await settled();
      else assert.deepEqual(fromInside.failures, []);
      assert.ok(fromInside.answered > 100, `${fromInside.answered} answers`);
      if (fromOutside) {
        assert.deepEqual(fromOutside.failures, []);
        assert.ok(
          fromOutside.answered > 100,
          `${fromOutside.answered} answers`,
        );
      }
      if (pods) assert.equal(await deployment(), pods);
      if (from !== "ExternalName")
        assert.equal(after.spec.clusterIP, before.spec.clusterIP);
      if (to !== "ClusterIP")
        assert.equal((await fetch(`${await endpoint()}/readyz`)).status, 200);
    });

  it("gives a NodePort without a configured port a free one, which stays the same", async () => {
    configure({ type: "NodePort" });
    await ok("pulumi up --yes --skip-preview");
    const port = (await auth()).spec.ports[0].nodePort;
    assert.equal(await endpoint(), `http://${host}:${port}`);
    assert.equal((await fetch(`http://${host}:${port}/readyz`)).status, 200);
    configure({ type: "NodePort", replicas: 1 });
    await ok("pulumi up --yes --skip-preview");
    assert.equal((await auth()).spec.ports[0].nodePort, port);
  });

  it("allows only clients in sourceRanges to reach a LoadBalancer", async () => {
    const reachable = async () =>
      (await sh(`curl --max-time 2 -sf ${await endpoint()}/readyz`)).code === 0;
    configure({
      type: "LoadBalancer",
      loadBalancer: {
        sourceRanges: ["203.0.113.0/24"],
        annotations: { "example.com/purpose": "people" },
      },
    });
    await ok("pulumi up --yes --skip-preview");
    const { metadata, spec } = await auth();
    assert.deepEqual(spec.loadBalancerSourceRanges, ["203.0.113.0/24"]);
    assert.equal(metadata.annotations["example.com/purpose"], "people");
    await until(async () => assert.equal(await reachable(), false), 10);
    configure({
      type: "LoadBalancer",
      loadBalancer: { sourceRanges: ["203.0.113.0/24", "172.30.1.0/24"] },
    });
    await ok("pulumi up --yes --skip-preview");
    await until(async () => assert.equal(await reachable(), true), 10);
  });

  it("shows pods the client's address behind a LoadBalancer only with externalTrafficPolicy Local", async () => {
    for (const externalTrafficPolicy of ["Cluster", "Local"]) {
      configure({ ...settings.LoadBalancer, externalTrafficPolicy });
      await ok("pulumi up --yes --skip-preview");
      const { hostname, port } = new URL(await endpoint());
      const socket = connect(Number(port), hostname);
      try {
        await once(socket, "connect");
        const client = socket.localAddress as string;
        // kube-proxy may apply the new policy late, and sockets keep their first path.
        const peers = await peersOf("auth");
        assert.equal(
          peers.includes(client),
          externalTrafficPolicy === "Local",
          `${client} among ${peers}`,
        );
      } finally {
        socket.destroy();
      }
    }
  });

  it("reports a LoadBalancer without an address after timeoutSeconds, and repairs it by the next pulumi up", async () => {
    configure({
      type: "LoadBalancer",
      loadBalancer: {
        annotations: { "metallb.io/loadBalancerIPs": "9.9.9.9" }, // not in the pool
        timeoutSeconds: 12,
      },
    });
    const { code, output } = await sh("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /'auth-service' timed out waiting to be Ready\s+\* Service was not allocated an IP address/,
    );
    configure(settings.LoadBalancer);
    await ok("pulumi up --yes --skip-preview");
    assert.equal((await fetch(`${await endpoint()}/readyz`)).status, 200);
  });

  it("deploys a LoadBalancer with 0 replicas without waiting for pods", async () => {
    configure({ type: "LoadBalancer", replicas: 0 });
    await ok("pulumi up --yes --skip-preview");
  });
});
