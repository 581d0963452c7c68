import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  NetworkPaths,
  type NetworkService,
} from "../../components/network-paths.ts";
import { deploy, known, noting } from "../support/components/engine.ts";

/** One service, before there is a Service that leads to it. */
type Service = Omit<NetworkService, "arrival">;

/** As the program's services are. */
const service = (name: string, more: Partial<Service> = {}): Service => ({
  name,
  app: `${name}-service`,
  calls: [],
  reach: "callers",
  ...more,
});
const system: Service[] = [
  service("auth", { port: 8081 }),
  service("payment", { port: 8082 }),
  service("streaming", {
    port: 8083,
    calls: ["auth", "payment"],
    reach: "everybody",
  }),
];
const pods = (service: string) => ({
  podSelector: { matchLabels: { app: `${service}-service` } },
});
const dns = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** The policies' specifications by name, as the cluster would be asked for them, and the options of each. */
async function policies(system: Service[]) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { resources } = await deploy(() => {
    const services = system.map((service) => ({
      ...service,
      arrival: new k8s.core.v1.Service(`${service.name}-service`),
    }));
    new NetworkPaths(
      "network",
      { namespace: "marquee-dev", services },
      noting(options),
    );
  });
  const specs = Object.fromEntries(
    resources
      .filter(({ type }) => type.endsWith(":NetworkPolicy"))
      .map(({ inputs: { metadata, spec } }) => {
        assert.equal(metadata.namespace, "marquee-dev");
        return [metadata.name, spec];
      }),
  );
  return { specs, options };
}

/** Where the Service of a service is waited for. */
const servicesOf = (options?: pulumi.CustomResourceOptions) =>
  Promise.all(
    [options?.dependsOn ?? []].flat().map(async (resource) => {
      assert.ok(resource instanceof k8s.core.v1.Service);
      return (await known(resource.urn)).split("::").at(-1);
    }),
  );

describe("NetworkPaths", () => {
  it("denies everything that no path is for, both ways", async () => {
    const { specs } = await policies([]);
    assert.deepEqual(specs, {
      "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  });

  it("is a policy for each service, and one for each path between two", async () => {
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

  it("lets a service be called by the services that say they call it, on its port alone", async () => {
    const { specs } = await policies(system);
    assert.deepEqual(specs["auth-network"], {
      ...pods("auth"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [pods("streaming")], ports: [{ port: 8081 }] }],
      egress: [dns],
    });
  });

  it("lets everybody call a service that has an address outside", async () => {
    const { specs } = await policies(system);
    assert.deepEqual(specs["streaming-network"], {
      ...pods("streaming"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 8083 }] }],
      egress: [dns],
    });
  });

  it("lets a service call whom it says, on that one's port, once its Service leads there", async () => {
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

  it("waits for no Service to say who may call one", async () => {
    const { options } = await policies(system);
    assert.deepEqual(await servicesOf(options["streaming-network"]), []);
  });

  it("lets nobody call a service that nobody says to call", async () => {
    const { specs } = await policies([service("auth", { port: 8081 })]);
    assert.deepEqual(specs["auth-network"].ingress, []);
  });

  it("finds pods by the label that they have, not by the service's name", async () => {
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

  it("needs no port of a service that only calls", async () => {
    const { specs } = await policies([service("job"), ...system]);
    assert.deepEqual(specs["job-network"], {
      ...pods("job"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [dns],
    });
  });

  for (const [who, calls, reach] of [
    ["others call", ["auth"], "callers"],
    ["everybody calls", [], "everybody"],
    ["is called elsewhere", ["auth"], "elsewhere"],
  ] as const)
    it(`opens not every port of a service without one that ${who}`, async () => {
      const work = policies([
        service("auth", { reach }),
        service("streaming", { port: 8083, calls }),
      ]);
      await assert.rejects(work, /auth has no port to be called at/);
    });

  it("lets callers out to a service that runs elsewhere, on its port, and has no policy for that", async () => {
    const { specs, options } = await policies(
      system.map((service) =>
        service.name === "payment"
          ? { ...service, reach: "elsewhere" }
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

  it("lets no caller in that runs elsewhere", async () => {
    const { specs } = await policies(
      system.map((service) =>
        service.name === "streaming"
          ? { ...service, reach: "elsewhere" }
          : service,
      ),
    );
    assert.deepEqual(specs["auth-network"].ingress, []);
  });

  it("has no path for a service that runs elsewhere, whomever it calls there", async () => {
    const { specs } = await policies(
      system.map((service) => ({ ...service, reach: "elsewhere" })),
    );
    assert.deepEqual(Object.keys(specs), ["default-deny"]);
  });

  it("lets a service out on the ports that it calls somewhere else, and no other service", async () => {
    const { specs } = await policies(
      system.map((service) =>
        service.name === "auth"
          ? { ...service, outside: [9200, 443] }
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

  it("lets pods of other namespaces in that a service names, besides its callers", async () => {
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
