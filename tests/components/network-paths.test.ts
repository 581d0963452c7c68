import assert from "node:assert/strict";
import {
  NetworkPaths,
  type NetworkService,
} from "../../components/network-paths.ts";
import { deploy } from "./engine.ts";

const system: NetworkService[] = [
  { name: "auth", port: 8081, calls: [], reach: "callers" },
  { name: "payment", port: 8082, calls: [], reach: "callers" },
  {
    name: "streaming",
    port: 8083,
    calls: ["auth", "payment"],
    reach: "everybody",
  },
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

/** The policies' specifications by name, as the cluster would be asked for them. */
async function policies(services: NetworkService[]) {
  const { resources } = await deploy(() => {
    new NetworkPaths("network", { namespace: "marquee-dev", services });
  });
  return Object.fromEntries(
    resources
      .filter(({ type }) => type.endsWith(":NetworkPolicy"))
      .map(({ inputs }) => {
        assert.equal(inputs.metadata.namespace, "marquee-dev");
        return [inputs.metadata.name, inputs.spec];
      }),
  );
}

describe("NetworkPaths", () => {
  it("denies everything that no path is for, both ways", async () => {
    assert.deepEqual((await policies([]))["default-deny"], {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
  });

  it("lets a service be called by the services that say they call it, on its port alone", async () => {
    const { "auth-network": auth } = await policies(system);
    assert.deepEqual(auth, {
      ...pods("auth"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [pods("streaming")], ports: [{ port: 8081 }] }],
      egress: [dns],
    });
  });

  it("lets everybody call a service that has an address outside, and it call whom it says", async () => {
    const { "streaming-network": streaming } = await policies(system);
    assert.deepEqual(streaming, {
      ...pods("streaming"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 8083 }] }],
      egress: [
        dns,
        { to: [pods("auth")], ports: [{ port: 8081 }] },
        { to: [pods("payment")], ports: [{ port: 8082 }] },
      ],
    });
  });

  it("lets nobody call a service that nobody says to call", async () => {
    const lonely = { name: "auth", port: 8081, calls: [], reach: "callers" };
    const { "auth-network": auth } = await policies([lonely as NetworkService]);
    assert.deepEqual(auth.ingress, []);
  });

  it("lets callers out to a service that runs elsewhere, on its port, and has no policy for that", async () => {
    const moved = system.map((service) =>
      service.name === "payment"
        ? ({ ...service, reach: "elsewhere" } as const)
        : service,
    );
    const specs = await policies(moved);
    assert.deepEqual(specs["streaming-network"].egress.at(-1), {
      ports: [{ port: 8082 }],
    });
    assert.equal(specs["payment-network"], undefined);
  });
});
