import assert from "node:assert/strict";
import { parseSettings } from "../../components/settings.ts";

const names = ["auth", "payment", "streaming"] as const;
const required = { context: "here", registry: "localhost:5001" };

/** The mistakes in a configuration that differs from a good one in these keys. */
const mistakesOf = (changes: Record<string, unknown>) =>
  parseSettings({ ...required, ...changes }, names).mistakes;

/** The mistakes in a configuration whose service auth is this. */
const mistakesOfAuth = (auth: unknown) => mistakesOf({ services: { auth } });

/** Asserts one sentence per configuration of auth, each after the name of its key. */
function table(rows: [auth: unknown, ...mistakes: string[]][]): void {
  for (const [auth, ...mistakes] of rows)
    it(`${JSON.stringify(auth)} is a mistake`, () => {
      assert.deepEqual(
        mistakesOfAuth(auth),
        mistakes.map((mistake) => `marquee:services.auth${mistake}`),
      );
    });
}

describe("parseSettings, of a mistake in", () => {
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
      [-1, 2.5, "three", "5", null].map((replicas) => [
        { replicas },
        `.replicas is ${JSON.stringify(replicas)}: it must be a whole number, 0 or more.`,
      ]),
    );
    table([
      [
        { type: "ExternalName", externalName: "a.example.com", replicas: 2 },
        ".replicas is 2: a service of type ExternalName runs elsewhere and has no pods here.",
      ],
    ]);
  });

  describe("nodePort", () => {
    table(
      [29999, 32768, 30000.5, "30003", null].map((nodePort) => [
        { type: "NodePort", nodePort },
        `.nodePort is ${JSON.stringify(nodePort)}: it must be a whole number from 30000 to 32767.`,
      ]),
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

    it("two services can't have the same", () => {
      const same = { type: "NodePort", nodePort: 30001 };
      assert.deepEqual(
        mistakesOf({ services: { auth: same, streaming: same } }),
        [
          "marquee:services.streaming.nodePort is 30001: marquee:services.auth.nodePort is the same, and each service needs its own.",
        ],
      );
    });
  });

  describe("externalName", () => {
    const rule =
      "a service of type ExternalName needs the DNS name, in small letters, of the host to lead to, such as auth.example.com.";
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

  describe("keys", () => {
    table([
      [
        "ClusterIP",
        ' is "ClusterIP": it must be a map, such as { type: ClusterIP, replicas: 2 }.',
      ],
      [
        { replica: 2 },
        ".replica is not a setting of a service: there are type, replicas, nodePort and externalName. Did you mean replicas?",
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
        "marquee:colour is not a setting: there are context, registry, baseImage, platform and services.",
      ],
      [
        "a misspelt setting",
        { baseimage: "node:24" },
        "marquee:baseimage is not a setting: there are context, registry, baseImage, platform and services. Did you mean baseImage?",
      ],
      [
        "no context",
        { context: undefined },
        "marquee:context is missing: it must name a context of your kubeconfig (`kubectl config get-contexts` lists them).",
      ],
      [
        "services as a list",
        { services: ["auth"] },
        'marquee:services is ["auth"]: it must be a map with auth, payment and streaming.',
      ],
      [
        "services as text",
        { services: "auth" },
        'marquee:services is "auth": it must be a map with auth, payment and streaming.',
      ],
      [
        "another platform",
        { platform: "windows/amd64" },
        'marquee:platform is "windows/amd64": it must be linux/amd64 or linux/arm64.',
      ],
      [
        "a base image with a space",
        { baseImage: "node 24" },
        'marquee:baseImage is "node 24": it must be an image reference, such as gcr.io/distroless/nodejs24-debian13.',
      ],
    ];
    for (const [title, changes, mistake] of rows)
      it(`${title} is a mistake`, () => {
        assert.deepEqual(mistakesOf(changes), [mistake]);
      });
  });

  describe("registry", () => {
    const rule =
      'it must be a host, maybe with a port and a path, in small letters and without "https://", such as localhost:5001 or ghcr.io/acme.';
    for (const registry of [
      undefined,
      "",
      "https://ghcr.io",
      "ghcr.io/",
      "ghcr.io/Acme",
      "acme",
    ])
      it(`${JSON.stringify(registry) ?? "missing"} is a mistake`, () => {
        const is = registry === undefined ? "missing" : `"${registry}"`;
        assert.deepEqual(mistakesOf({ registry }), [
          `marquee:registry is ${is}: ${rule}`,
        ]);
      });
  });
});
