import assert from "node:assert/strict";
import { auth, breaking, table } from "../support/components/configurations.ts";

const type = "LoadBalancer";

/** The parsed loadBalancer of a valid configuration. */
function balancer(loadBalancer?: unknown) {
  const settings = auth(
    loadBalancer === undefined ? { type } : { type, loadBalancer },
  );
  assert.ok(settings.type === type);
  return settings.loadBalancer;
}

const at = (loadBalancer: unknown) => ({ type, loadBalancer });

describe("parseSettings: loadBalancer", () => {
  const usual = { annotations: {}, timeoutSeconds: 300 };

  for (const given of [undefined, {}])
    it(`defaults to no sourceRanges and 300 s if loadBalancer is ${JSON.stringify(given) ?? "undefined"}`, () => {
      assert.deepEqual(balancer(given), usual);
    });

  it("accepts every kind of CIDR block", () => {
    const sourceRanges = [
      "203.0.113.0/24",
      "198.51.100.7/32",
      "0.0.0.0/0",
      "10.1.2.3/8", // Kubernetes accepts it, too, and ignores the host bits
      "2001:db8::/32",
      "::/0",
      "2001:db8::1/128",
    ];
    assert.deepEqual(balancer({ sourceRanges }), { ...usual, sourceRanges });
  });

  it("accepts every kind of annotation", () => {
    const annotations = {
      "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
      "example.com/UPPER_case.1": "",
      a: "true",
      Z: "true",
      // Kubernetes validates annotation keys in lower case.
      "Service.Beta.Example.COM/Load-Balancer_Type.V2": "nlb",
      "1.a-b.c--d/1": "x",
      ["N".repeat(63)]: "x",
      ["n".repeat(63)]: '{"json": [1]}',
      [`${"d".repeat(253)}/n`]: "ü",
    };
    assert.deepEqual(balancer({ annotations }), { ...usual, annotations });
  });

  for (const timeoutSeconds of [1, 3600])
    it(`accepts timeoutSeconds ${timeoutSeconds}`, () => {
      assert.deepEqual(balancer({ timeoutSeconds }), {
        ...usual,
        timeoutSeconds,
      });
    });

  describe("invalid values", () => {
    describe("loadBalancer", () => {
      table(
        breaking(
          "loadBalancer",
          "it must be a map, such as { sourceRanges: [203.0.113.0/24], timeoutSeconds: 300 }",
          [null, true, false, 300, "internal", [], ["203.0.113.0/24"]],
          at,
        ),
      );
      const keys =
        "is not a setting of loadBalancer: there are sourceRanges, annotations and timeoutSeconds.";
      table([
        [
          at({ sourceRange: ["10.0.0.0/8"] }),
          `.loadBalancer.sourceRange ${keys} Did you mean sourceRanges?`,
        ],
        [
          at({ loadBalancerClass: "x", timeoutseconds: 5 }),
          `.loadBalancer.loadBalancerClass ${keys}`,
          `.loadBalancer.timeoutseconds ${keys} Did you mean timeoutSeconds?`,
        ],
      ]);
      for (const type of ["ClusterIP", "NodePort"])
        table(
          breaking(
            "loadBalancer",
            `only a service of type LoadBalancer has one, and services.auth.type is ${type}`,
            [{}, { timeoutSeconds: 60 }, null, "x"],
            (loadBalancer) => ({ type, loadBalancer }),
          ),
        );
      table([
        [
          { loadBalancer: {} },
          ".loadBalancer is {}: only a service of type LoadBalancer has one, and services.auth.type is ClusterIP.",
        ],
      ]);
    });

    describe("sourceRanges", () => {
      table(
        breaking(
          "loadBalancer.sourceRanges",
          "it must be a list of at least one CIDR block; without the key, clients may connect from everywhere",
          [[], null, "10.0.0.0/8", "", {}, { 0: "10.0.0.0/8" }, true, 10],
          (sourceRanges) => at({ sourceRanges }),
        ),
      );
      table(
        breaking(
          "loadBalancer.sourceRanges[0]",
          "it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32",
          [
            ...["203.0.113.7", "203.0.113.0/", "203.0.113.0/33", "/24", "/"],
            ...["203.0.113.0/-1", "203.0.113.0/2x", "203.0.113.0/24/8"],
            ...["203.0.113/24", "256.0.0.0/8", "010.0.0.0/8", "any", ""],
            ...["203.0.113.0/255.255.255.0", "203.0.113.0-203.0.113.9"],
            ...[" 203.0.113.0/24", "203.0.113.0/24 ", "203.0.113.0 / 24"],
            ...["10.0.0.0/8, 172.16.0.0/12", "example.com/24"],
            ...["2001:db8::/129", "2001:db8::", "[2001:db8::]/32", "::1::/64"],
            // Kubernetes rejects zones, which only one machine knows.
            ...["fe80::%eth0/64", "fe80::1%1/128", "::%/0", "fe80::/64%eth0"],
            ...[null, true, 10.1, ["203.0.113.0/24"], {}],
          ],
          (range) => at({ sourceRanges: [range] }),
        ),
      );
      table([
        [
          at({ sourceRanges: ["10.0.0.0/8", "10.0.0.1", "::/0", 7] }),
          '.loadBalancer.sourceRanges[1] is "10.0.0.1": it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32.',
          ".loadBalancer.sourceRanges[3] is 7: it must be a CIDR block, such as 203.0.113.0/24 or 198.51.100.7/32.",
        ],
      ]);
    });

    describe("annotations", () => {
      table(
        breaking(
          "loadBalancer.annotations",
          "it must be a map of texts, as Kubernetes' annotations are",
          [null, [], ["a=b"], "a=b", "", true, 1],
          (annotations) => at({ annotations }),
        ),
      );
      table(
        breaking(
          'loadBalancer.annotations["example.com/a"]',
          'it must be a text; in YAML, put "quotes" around numbers, true and false',
          [true, false, 60, 0.5, 1e3, null, ["x"], { b: "c" }],
          (value) => at({ annotations: { "example.com/a": value } }),
        ),
      );
      const wrong = (name: string) =>
        `.loadBalancer.annotations has "${name}", which can't be an annotation's key: that is letters, digits, dots, dashes and underscores, optionally after a domain and a slash.`;
      table(
        [
          ...["", " ", "a b", "-a", "a-", "ä", "a:b", "a/b/c", "/a", "a/"],
          ...["a_b.example.com/c", ".example.com/a", "example.com./a"],
          ...["a..b/c", "-a.example.com/b", "a-.example.com/b", "a.-b/c"],
          ...["a.b-/c", "-/a", "./a", "A_B.example.com/c", "ä.example.com/a"],
          ...["example.com/-a", "example.com/A-", "example.com//a"],
          ...["n".repeat(64), `${"d".repeat(254)}/n`],
          ...[`example.com/${"n".repeat(64)}`, `${"d.".repeat(126)}dd/n`],
        ].map((name): [unknown, string] => [
          at({ annotations: { [name]: "x" } }),
          wrong(name),
        ]),
      );
      table([
        [
          at({ annotations: { good: "x", "b d": 1 } }),
          wrong("b d"),
          '.loadBalancer.annotations["b d"] is 1: it must be a text; in YAML, put "quotes" around numbers, true and false.',
        ],
      ]);
    });

    describe("timeoutSeconds", () => {
      table(
        breaking(
          "loadBalancer.timeoutSeconds",
          "it must be a whole number from 1 to 3600",
          [0, -1, 3601, 0.5, "300", "5m", "", null, true, [300], {}],
          (timeoutSeconds) => at({ timeoutSeconds }),
        ),
      );
    });
  });
});
