import assert from "node:assert/strict";
import {
  dns,
  pods,
  policies,
  service,
  servicesOf,
  system,
} from "../support/components/network-policies.ts";

describe("NetworkPolicies", () => {
  it("denies all ingress and egress without services", async () => {
    const { specs } = await policies([]);
    assert.deepEqual(specs, {
      "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  });

  it("creates a policy for each service, and one for each call between two services", async () => {
    const { specs } = await policies(system);
    assert.deepEqual(Object.keys(specs).sort(), [
      "auth-network",
      "default-deny",
      "payment-network",
      "streaming-calls-auth",
      "streaming-calls-payment",
      "streaming-network",
    ]);
  });

  it("allows only the declared callers of a service, only on its port", async () => {
    const { specs } = await policies(system);
    assert.deepEqual(specs["auth-network"], {
      ...pods("auth"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [pods("streaming")], ports: [{ port: 8081 }] }],
      egress: [dns],
    });
  });

  it("allows ingress from everywhere to a service with an external address", async () => {
    const { specs } = await policies(system);
    assert.deepEqual(specs["streaming-network"], {
      ...pods("streaming"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 8083 }] }],
      egress: [dns],
    });
  });

  it("allows a service to call a declared callee on its port, once the callee's Service exists", async () => {
    const { specs, options } = await policies(system);
    assert.deepEqual(specs["streaming-calls-payment"], {
      ...pods("streaming"),
      policyTypes: ["Egress"],
      egress: [{ to: [pods("payment")], ports: [{ port: 8082 }] }],
    });
    assert.deepEqual(await servicesOf(options["streaming-calls-payment"]), [
      "payment-service",
    ]);
  });

  it("creates a service's ingress policy without waiting for a Service", async () => {
    const { options } = await policies(system);
    assert.deepEqual(await servicesOf(options["streaming-network"]), []);
  });

  it("allows no ingress to a service without callers", async () => {
    const { specs } = await policies([service("auth", { port: 8081 })]);
    assert.deepEqual(specs["auth-network"].ingress, []);
  });

  it("selects pods by their app label, not by the service's name", async () => {
    const { specs } = await policies([
      service("auth", { calls: ["postgres"] }),
      service("postgres", { app: "db", port: 5432 }),
    ]);
    const db = { podSelector: { matchLabels: { app: "db" } } };
    assert.deepEqual(specs["postgres-network"], {
      ...db,
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [pods("auth")], ports: [{ port: 5432 }] }],
      egress: [dns],
    });
    assert.deepEqual(specs["auth-calls-postgres"], {
      ...pods("auth"),
      policyTypes: ["Egress"],
      egress: [{ to: [db], ports: [{ port: 5432 }] }],
    });
  });

  it("needs no port for a service that only calls", async () => {
    const { specs } = await policies([service("job"), ...system]);
    assert.deepEqual(specs["job-network"], {
      ...pods("job"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [dns],
    });
  });

  for (const [who, calls, reach] of [
    ["other services call", ["auth"], "internal"],
    ["everybody may call", [], "public"],
    ["is called outside the cluster", ["auth"], "external"],
  ] as const)
    it(`rejects a service without a port that ${who}`, async () => {
      const work = policies([
        service("auth", { ingress: reach }),
        service("streaming", { port: 8083, calls }),
      ]);
      await assert.rejects(work, /auth is called by others, and has no port/);
    });

  it("allows egress to a service outside the cluster on its port, and creates no policy for that service", async () => {
    const { specs, options } = await policies(
      system.map((service) =>
        service.name === "payment"
          ? { ...service, ingress: "external" }
          : service,
      ),
    );
    assert.deepEqual(specs["streaming-calls-payment"], {
      ...pods("streaming"),
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 8082 }] }],
    });
    assert.deepEqual(await servicesOf(options["streaming-calls-payment"]), [
      "payment-service",
    ]);
    assert.equal(specs["payment-network"], undefined);
  });

  it("allows no ingress from a caller that runs outside the cluster", async () => {
    const { specs } = await policies(
      system.map((service) =>
        service.name === "streaming"
          ? { ...service, ingress: "external" }
          : service,
      ),
    );
    assert.deepEqual(specs["auth-network"].ingress, []);
  });

  it("creates only the default policy if all services run outside the cluster", async () => {
    const { specs } = await policies(
      system.map((service) => ({ ...service, ingress: "external" })),
    );
    assert.deepEqual(Object.keys(specs), ["default-deny"]);
  });

  it("allows egress on a service's outside ports to that service only", async () => {
    const { specs } = await policies(
      system.map((service) =>
        service.name === "auth"
          ? { ...service, egressPorts: [9200, 443] }
          : service,
      ),
    );
    assert.deepEqual(specs["auth-network"].egress, [
      dns,
      { ports: [{ port: 9200 }, { port: 443 }] },
    ]);
    assert.ok(
      !JSON.stringify({ ...specs, "auth-network": {} }).includes("9200"),
    );
  });

  it("allows ingress from the namespaces and pods in allowFrom, besides the callers", async () => {
    const { specs } = await policies([
      service("auth", {
        port: 8081,
        allowFrom: [
          { namespace: "monitoring" },
          { namespace: "ingress-nginx", podLabels: { app: "nginx" } },
        ],
      }),
      service("streaming", { port: 8083, calls: ["auth"] }),
    ]);
    const ports = [{ port: 8081 }];
    const namespace = (name: string) => ({
      namespaceSelector: {
        matchLabels: { "kubernetes.io/metadata.name": name },
      },
    });
    assert.deepEqual(specs["auth-network"].ingress, [
      { from: [pods("streaming")], ports },
      { from: [namespace("monitoring")], ports },
      {
        from: [
          {
            ...namespace("ingress-nginx"),
            podSelector: { matchLabels: { app: "nginx" } },
          },
        ],
        ports,
      },
    ]);
  });
});
