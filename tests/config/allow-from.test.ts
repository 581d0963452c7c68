import assert from "node:assert/strict";
import { auth, table, usual } from "../support/components/configurations.ts";

const example =
  "{ namespace: ingress-nginx, podLabels: { app.kubernetes.io/name: ingress-nginx } }";

describe("parseSettings: allowFrom", () => {
  for (const allowFrom of [undefined, []])
    it(`allows no other callers if allowFrom is ${JSON.stringify(allowFrom) ?? "undefined"}`, () => {
      assert.deepEqual(auth({ allowFrom }), usual);
    });

  const ingress = { "app.kubernetes.io/name": "ingress-nginx" };
  for (const allowFrom of [
    [{ namespace: "ingress-nginx" }],
    [{ namespace: "ingress-nginx", podLabels: ingress }],
    [{ namespace: "a" }, { namespace: "b", podLabels: { app: "" } }],
  ])
    it(`accepts ${JSON.stringify(allowFrom)}`, () => {
      assert.deepEqual(auth({ allowFrom }), { ...usual, allowFrom });
    });

  describe("invalid values", () => {
    table([
      [
        { allowFrom: "ingress-nginx" },
        `.allowFrom is "ingress-nginx": it must be a list, such as [${example}].`,
      ],
      [
        { allowFrom: ["ingress-nginx"] },
        `.allowFrom[0] is "ingress-nginx": it must be a map, such as ${example}.`,
      ],
      [
        { allowFrom: [{ namespace: "a" }, {}] },
        ".allowFrom[1].namespace is missing: it must be the name of a namespace, such as ingress-nginx.",
      ],
      [
        { allowFrom: [{ namespace: "*" }] },
        '.allowFrom[0].namespace is "*": it must be the name of a namespace, such as ingress-nginx.',
      ],
      ...[{}, { app: 1 }, "app=nginx"].map((podLabels): [unknown, string] => [
        { allowFrom: [{ namespace: "a", podLabels }] },
        `.allowFrom[0].podLabels is ${JSON.stringify(podLabels)}: it must be a map of labels to their values, or left out for all pods of the namespace.`,
      ]),
      [
        { allowFrom: [{ namespace: "a", labels: { app: "nginx" } }] },
        ".allowFrom[0].labels is not a setting of a caller: there are namespace and podLabels.",
      ],
      [
        { type: "NodePort", allowFrom: [{ namespace: "a" }] },
        '.allowFrom is [{"namespace":"a"}]: only a service of type ClusterIP has one, and services.auth.type is NodePort.',
      ],
      [
        {
          type: "ExternalName",
          externalName: "auth.example.com",
          allowFrom: [{ namespace: "a" }],
        },
        '.allowFrom is [{"namespace":"a"}]: only a service of type ClusterIP has one, and services.auth.type is ExternalName.',
      ],
    ]);
  });
});
