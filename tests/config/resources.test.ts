import assert from "node:assert/strict";
import { auth, breaking, table } from "../support/components/configurations.ts";

const bytes =
  "it must be a number of bytes, such as 256Mi (units are Ki, Mi, Gi, Ti, k, M, G and T) or 268435456, 8Ti at most; below 1000000 it needs a unit";

/** The parsed resources of auth in a valid configuration. */
function resources(resources: unknown) {
  const settings = auth({ resources });
  assert.ok(settings.type !== "ExternalName");
  return settings.resources;
}

const requests = { cpu: "50m", memory: "96Mi", "ephemeral-storage": "64Mi" };
const limits = { cpu: "1", memory: "256Mi", "ephemeral-storage": "256Mi" };

describe("parseSettings: resources", () => {
  for (const given of [
    ...[undefined, {}, { requests: {} }, { limits: {} }],
    ...[{ requests: null }, { limits: null }], // a YAML key without a value
  ])
    it(`uses the defaults if resources is ${JSON.stringify(given) ?? "undefined"}`, () => {
      assert.deepEqual(resources(given), { requests, limits });
    });

  it("replaces each default separately", () => {
    assert.deepEqual(
      resources({ requests: { memory: "128Mi" }, limits: { cpu: 2 } }),
      {
        requests: { ...requests, memory: "128Mi" },
        limits: { ...limits, cpu: "2" },
      },
    );
  });

  describe("invalid values", () => {
    describe("resources, requests and limits", () => {
      table(
        breaking(
          "resources",
          "it must be a map, such as { requests: { cpu: 100m }, limits: { memory: 512Mi } }",
          [null, true, false, 1, "large", "", [], [{ cpu: 1 }]],
          (resources) => ({ resources }),
        ),
      );
      for (const which of ["requests", "limits"])
        table(
          breaking(
            `resources.${which}`,
            "it must be a map with cpu, memory and ephemeral-storage, or some of them",
            [true, false, 1, "512Mi", "", [], ["cpu"]],
            (value) => ({ resources: { [which]: value } }),
          ),
        );
      const settings =
        "is not a setting of resources: there are requests and limits.";
      const kinds =
        "is not a resource: there are cpu, memory and ephemeral-storage.";
      table([
        [
          { resources: { cpu: "1", memory: "1Gi" } },
          `.resources.cpu ${settings}`,
          `.resources.memory ${settings}`,
        ],
        [
          { resources: { limit: { cpu: 2 } } },
          `.resources.limit ${settings} Did you mean limits?`,
        ],
        [
          { resources: { limits: { "nvidia.com/gpu": 1 } } },
          `.resources.limits.nvidia.com/gpu ${kinds}`,
        ],
        [
          { resources: { limits: { ephemeralStorage: "1Gi" } } },
          `.resources.limits.ephemeralStorage ${kinds} Did you mean ephemeral-storage?`,
        ],
        [
          { resources: { requests: { CPU: "1" } } },
          `.resources.requests.CPU ${kinds} Did you mean cpu?`,
        ],
        [
          { resources: { requests: { limits: { cpu: 1 } } } },
          `.resources.requests.limits ${kinds}`,
        ],
      ]);
    });

    describe("cores", () => {
      for (const which of ["requests", "limits"])
        table(
          breaking(
            `resources.${which}.cpu`,
            "it must be a number of cores, 1000 at most, such as 0.5 or 500m",
            [
              ...["1001", "1000001m", 1000.001, "99999999999999999999"],
              ...[0, -1, 0.0005, 1e-7, 1e21, "", "0", "0m", "0.0", "one", "m"],
              ...[
                "-1",
                "+1",
                ".5",
                "5.",
                "1.5.5",
                "0,5",
                "1 core",
                " 1",
                "1e3",
              ],
              ...[
                "1k",
                "100Mi",
                "500M",
                "50%",
                "0.0005",
                null,
                true,
                ["1"],
                {},
              ],
            ],
            (cpu) => ({ resources: { [which]: { cpu } } }),
          ),
        );
    });

    describe("bytes", () => {
      for (const kind of ["memory", "ephemeral-storage"])
        table(
          breaking(
            `resources.limits.${kind}`,
            bytes,
            [
              ...[
                0,
                256,
                0.5,
                999_999,
                "",
                "256",
                "0Mi",
                "0.0Gi",
                "-1Gi",
                "lots",
              ],
              ...["256MB", "256MiB", "256mi", "256m", "1e3Mi", "256 Mi", "1gb"],
              ...["8.001Ti", "9Ti", "8.8T", "99999999999999999999k"],
              ...["1,5Gi", ".5Gi", "256Mi ", "Mi", null, true, ["1Gi"], {}],
              ...[
                "1K",
                "1P",
                "1Pi",
                "1t",
                "1ti",
                "1TiB",
                "1Tii",
                "0Ti",
                "0.0T",
              ],
            ],
            (value) => ({ resources: { limits: { [kind]: value } } }),
          ),
        );
      table(
        breaking(
          "resources.requests.memory",
          bytes,
          [256, "256", "1e3"],
          (memory) => ({ resources: { requests: { memory } } }),
        ),
      );
    });
  });
});
