import assert from "node:assert/strict";
import {
  breaking,
  image,
  issuesOf,
  table,
} from "../support/components/configurations.ts";

describe("parseSettings: invalid values", () => {
  describe("type", () => {
    const rule =
      "it must be ClusterIP, NodePort, LoadBalancer or ExternalName.";
    table([
      [{ type: "Ingress" }, `.type is "Ingress": ${rule}`],
      [
        { type: "nodeport" },
        `.type is "nodeport": ${rule} Did you mean NodePort?`,
      ],
      [
        { type: "LoadBalancr" },
        `.type is "LoadBalancr": ${rule} Did you mean LoadBalancer?`,
      ],
      [{ type: 3 }, `.type is 3: ${rule}`],
    ]);
  });

  describe("replicas", () => {
    table(
      breaking(
        "replicas",
        "it must be a whole number, 0 or more",
        [-1, 2.5, "three", "5", null, true, [2], {}],
        (replicas) => ({ replicas }),
      ),
    );
    table(
      breaking(
        "replicas",
        "it must be 10000 at most",
        [10_001, 3e9],
        (replicas) => ({ replicas }),
      ),
    );
  });

  describe("nodePort", () => {
    table(
      breaking(
        "nodePort",
        "it must be a whole number from 30000 to 32767",
        [29999, 32768, 30000.5, "30003", null],
        (nodePort) => ({ type: "NodePort", nodePort }),
      ),
    );
    table(
      [
        { type: "ClusterIP" },
        { type: "LoadBalancer" },
        { type: "ExternalName", externalName: "a.example.com" },
      ].map((auth) => [
        { ...auth, nodePort: 30001 },
        `.nodePort is 30001: only a service of type NodePort has one, and services.auth.type is ${auth.type}.`,
      ]),
    );

    it("rejects the same node port for two services", () => {
      const same = { type: "NodePort", nodePort: 30001 };
      assert.deepEqual(
        issuesOf({ services: { auth: same, streaming: same } }),
        [
          "marquee:services.streaming.nodePort is 30001: marquee:services.auth.nodePort is the same, and each service needs its own.",
        ],
      );
    });
  });

  describe("externalName", () => {
    const rule =
      "a service of type ExternalName needs the DNS name, in lower case, of its host, such as auth.example.com.";
    table([
      [{ type: "ExternalName" }, `.externalName is missing: ${rule}`],
      ...[
        "https://a.example.com",
        "a.example.com:8081",
        "a b",
        "A.example.com",
        "192.168.1.10",
        "localhost",
        "",
      ].map((externalName): [unknown, string] => [
        { type: "ExternalName", externalName },
        `.externalName is ${JSON.stringify(externalName)}: ${rule}`,
      ]),
      [
        { externalName: "a.example.com" },
        '.externalName is "a.example.com": only a service of type ExternalName has one, and services.auth.type is ClusterIP.',
      ],
    ]);
  });

  describe("keys that a service of type ExternalName can't have", () => {
    const external = { type: "ExternalName", externalName: "a.example.com" };
    const elsewhere =
      "a service of type ExternalName runs elsewhere and has no pods here";
    const only = (type: string) =>
      `only a service of type ${type} has one, and services.auth.type is ExternalName`;
    const values: [key: string, values: unknown[], rule: string][] = [
      ["replicas", [2, 0, "two"], elsewhere],
      ["autoscale", [{ max: 3 }, false], elsewhere],
      ["image", [image(), "auth"], elsewhere],
      ["resources", [{}, { limits: { cpu: 2 } }], elsewhere],
      ["logSidecar", [true, false, {}], elsewhere],
      ["nodePort", [30001], only("NodePort")],
      ["loadBalancer", [{}, { timeoutSeconds: 9 }], only("LoadBalancer")],
    ];
    for (const [key, wrong, rule] of values)
      table(
        breaking(key, rule, wrong, (value) => ({ ...external, [key]: value })),
      );
    table([
      [
        { ...external, logSidecar: true, autoscale: { max: 3 }, replicas: 2 },
        `.replicas is 2: ${elsewhere}.`,
        `.autoscale is {"max":3}: ${elsewhere}.`,
        `.logSidecar is true: ${elsewhere}.`,
      ],
    ]);
  });

  describe("keys", () => {
    const keys =
      "type, port, replicas, autoscale, image, resources, logSidecar, nodeSelector, tolerations, nodePort, loadBalancer, externalTrafficPolicy, allowFrom and externalName";
    const settings =
      "context, registry, baseImage, platform, imagesFrom, logShipperImage, trustedProxies, keepAliveSeconds, retainData, adopt, issuer, services, database, payments, media, secrets, registryCredentials and namespace";
    table([
      [
        "ClusterIP",
        ' is "ClusterIP": it must be a map, such as { type: ClusterIP, replicas: 2 }.',
      ],
      [
        { secrets: { TOKEN: "hunter2" } },
        `.secrets is not a setting of a service: there are ${keys}.`,
      ],
      [
        { repls: 2 },
        `.repls is not a setting of a service: there are ${keys}.`,
      ],
      [
        { autoScale: { max: 3 } },
        `.autoScale is not a setting of a service: there are ${keys}. Did you mean autoscale?`,
      ],
      [
        { replica: 2 },
        `.replica is not a setting of a service: there are ${keys}. Did you mean replicas?`,
      ],
    ]);
    const rows: [string, Record<string, unknown>, string][] = [
      [
        "an unknown service",
        { services: { search: {} } },
        "marquee:services.search is not a service: there are auth, payment and streaming.",
      ],
      [
        "a misspelt service",
        { services: { Strreaming: {} } },
        "marquee:services.Strreaming is not a service: there are auth, payment and streaming. Did you mean streaming?",
      ],
      [
        "an unknown setting",
        { colour: "red" },
        `marquee:colour is not a setting: there are ${settings}.`,
      ],
      [
        "a misspelt setting",
        { baseimage: "node:24" },
        `marquee:baseimage is not a setting: there are ${settings}. Did you mean baseImage?`,
      ],
      [
        "a setting with a letter too few",
        { imageFrom: "staging" },
        `marquee:imageFrom is not a setting: there are ${settings}. Did you mean imagesFrom?`,
      ],
      [
        "a misspelt logShipperImage",
        { logshipperimage: image("log-shipper") },
        `marquee:logshipperimage is not a setting: there are ${settings}. Did you mean logShipperImage?`,
      ],
      [
        "the key secret instead of secrets",
        { secret: { auth: { TOKEN: "hunter2" } } },
        `marquee:secret is not a setting: there are ${settings}. Did you mean secrets?`,
      ],
      [
        "a missing context",
        { context: undefined },
        "marquee:context is missing: it must name a context of your kubeconfig (`kubectl config get-contexts` lists them).",
      ],
      [
        "services as a list",
        { services: ["auth"] },
        'marquee:services is ["auth"]: it must be a map with auth, payment and streaming.',
      ],
      [
        "services as a string",
        { services: "auth" },
        'marquee:services is "auth": it must be a map with auth, payment and streaming.',
      ],
      [
        "an unknown platform",
        { platform: "windows/amd64" },
        'marquee:platform is "windows/amd64": it must be linux/amd64 or linux/arm64.',
      ],
      [
        "a base image with a space",
        { baseImage: "node 24" },
        'marquee:baseImage is "node 24": it must be an image reference, such as gcr.io/distroless/nodejs24-debian13.',
      ],
    ];
    for (const [title, changes, issue] of rows)
      it(`rejects ${title}`, () => {
        assert.deepEqual(issuesOf(changes), [issue]);
      });
  });

  describe("registry", () => {
    const rule =
      'it must be a host, optionally with a port and a path, in lower case and without "https://", such as localhost:5001 or ghcr.io/acme.';
    for (const registry of [
      undefined,
      "",
      "https://ghcr.io",
      "ghcr.io/",
      "ghcr.io/Acme",
      "acme",
    ])
      it(`rejects ${JSON.stringify(registry) ?? "a missing registry"}`, () => {
        const is = registry === undefined ? "missing" : `"${registry}"`;
        assert.deepEqual(issuesOf({ registry }), [
          `marquee:registry is ${is}: ${rule}`,
        ]);
      });
  });
});
