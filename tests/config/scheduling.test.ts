import assert from "node:assert/strict";
import {
  auth as settingsOfAuth,
  table,
  usual,
} from "../support/components/configurations.ts";
import { auth } from "../support/components/microservices.ts";

const nodeSelector = { disktype: "ssd" };
const tolerations = [
  { key: "dedicated", value: "video", effect: "NoSchedule" },
  { key: "gpu", operator: "Exists" },
  { operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 },
];

describe("parseSettings: nodeSelector and tolerations", () => {
  it("are left out of the settings if unset", () => {
    assert.deepEqual(settingsOfAuth({}), usual);
  });

  it("accepts nodeSelector and tolerations", () => {
    assert.deepEqual(settingsOfAuth({ nodeSelector, tolerations }), {
      ...usual,
      nodeSelector,
      tolerations,
    });
  });

  describe("invalid values", () => {
    const toleration = (more: object) => ({
      tolerations: [{ key: "dedicated", ...more }],
    });
    table([
      ...[["ssd"], "ssd", { disktype: true }].map(
        (nodeSelector): [unknown, string] => [
          { nodeSelector },
          `.nodeSelector is ${JSON.stringify(nodeSelector)}: it must be a map of nodes' labels to their values, such as { disktype: ssd }; numbers and booleans need quotes.`,
        ],
      ),
      [
        { tolerations: { key: "dedicated" } },
        '.tolerations is {"key":"dedicated"}: it must be a list, such as [{ key: dedicated, value: video, effect: NoSchedule }].',
      ],
      [
        { tolerations: ["dedicated"] },
        '.tolerations[0] is "dedicated": it must be a map, such as { key: dedicated, value: video, effect: NoSchedule }.',
      ],
      [
        toleration({ effects: "NoExecute" }),
        ".tolerations[0].effects is not a setting of a toleration: there are key, operator, value, effect and tolerationSeconds. Did you mean effect?",
      ],
      [
        toleration({ operator: "Exist" }),
        '.tolerations[0].operator is "Exist": it must be Exists or Equal.',
      ],
      [
        { tolerations: [{ value: "video" }] },
        ".tolerations[0].key is missing: a toleration needs the key of a taint.",
      ],
      [
        toleration({ value: true }),
        ".tolerations[0].value is true: it must be text; quote it.",
      ],
      [
        toleration({ operator: "Exists", value: "video" }),
        '.tolerations[0].value is "video": with operator Exists, any value is tolerated.',
      ],
      [
        toleration({ effect: "NoRun" }),
        '.tolerations[0].effect is "NoRun": it must be NoSchedule, PreferNoSchedule or NoExecute.',
      ],
      [
        toleration({ effect: "NoExecute", tolerationSeconds: -1 }),
        ".tolerations[0].tolerationSeconds is -1: it must be a whole number of seconds.",
      ],
      [
        toleration({ effect: "NoSchedule", tolerationSeconds: 30 }),
        ".tolerations[0].tolerationSeconds is 30: only a toleration of NoExecute has one, as it is the time until pods are evicted.",
      ],
      [
        { type: "ExternalName", externalName: "a.example.com", nodeSelector },
        '.nodeSelector is {"disktype":"ssd"}: a service of type ExternalName runs elsewhere and has no pods here.',
      ],
    ]);
  });
});

describe("Microservice: nodeSelector and tolerations", () => {
  it("sets nodeSelector and tolerations in its pods", async () => {
    const { pod } = await auth({ nodeSelector, tolerations });
    assert.deepEqual(pod.nodeSelector, nodeSelector);
    assert.deepEqual(pod.tolerations, tolerations);
  });

  it("sets neither nodeSelector nor tolerations by default", async () => {
    const { pod } = await auth();
    assert.ok(!("nodeSelector" in pod));
    assert.ok(!("tolerations" in pod));
  });
});
