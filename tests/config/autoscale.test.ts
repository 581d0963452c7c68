import assert from "node:assert/strict";
import {
  auth,
  breaking,
  table,
  usual,
} from "../support/components/configurations.ts";

describe("parseSettings: autoscale", () => {
  const { replicas, ...deployed } = usual;
  const good: [given: object, min: number, max: number, cpuPercent: number][] =
    [
      [{ max: 10 }, 2, 10, 80],
      [{ max: 2 }, 2, 2, 80],
      [{ min: 1, max: 1 }, 1, 1, 80],
      [{ min: 3, max: 3, cpuPercent: 1 }, 3, 3, 1],
      [{ max: 10_000, cpuPercent: 1000 }, 2, 10_000, 1000],
    ];
  for (const [autoscale, min, max, cpuPercent] of good)
    it(`accepts ${JSON.stringify(autoscale)}, and then has no replicas`, () => {
      assert.deepEqual(auth({ autoscale }), {
        ...deployed,
        autoscale: { min, max, cpuPercent },
      });
    });

  for (const type of ["NodePort", "LoadBalancer"])
    it(`accepts autoscale with type ${type}`, () => {
      const settings = auth({ type, autoscale: { max: 9 } });
      assert.ok(settings.type !== "ExternalName");
      assert.deepEqual(settings.autoscale, { min: 2, max: 9, cpuPercent: 80 });
      assert.ok(!("replicas" in settings));
    });

  describe("invalid values", () => {
    const number = "it must be a whole number, 1 or more";

    describe("autoscale", () => {
      table(
        breaking(
          "autoscale",
          "it must be a map, such as { min: 2, max: 10, cpuPercent: 80 }",
          [null, true, false, 10, "2-10", "", [], [2, 10], [{ max: 3 }]],
          (autoscale) => ({ autoscale }),
        ),
      );
    });

    describe("min, max and cpuPercent", () => {
      const numbers = [0, -1, 2.5, "2", "", "two", null, true, [2], {}];
      table(
        breaking("autoscale.min", number, numbers, (min) => ({
          autoscale: { min, max: 10 },
        })),
      );
      table(
        breaking("autoscale.max", number, [undefined, ...numbers], (max) => ({
          autoscale: { max },
        })),
      );
      table(
        breaking(
          "autoscale.max",
          "it must be 10000 at most",
          [10_001, 3e9, 2 ** 53 - 1],
          (max) => ({ autoscale: { max } }),
        ),
      );
      table(
        breaking(
          "autoscale.cpuPercent",
          "it must be a whole number from 1 to 1000, of the CPU that a pod requests",
          [0, -80, 1001, 0.8, "80", "80%", null, true, [80]],
          (cpuPercent) => ({ autoscale: { max: 10, cpuPercent } }),
        ),
      );
      table([
        [
          { autoscale: { min: 5, max: 4 } },
          ".autoscale.max is 4: it must not be less than services.auth.autoscale.min, which is 5.",
        ],
        [
          { autoscale: { max: 1 } },
          ".autoscale.max is 1: it must not be less than services.auth.autoscale.min, which is 2 (the default).",
        ],
        [
          { autoscale: { min: 2, max: 1 } },
          ".autoscale.max is 1: it must not be less than services.auth.autoscale.min, which is 2.",
        ],
        // An invalid min is neither compared with max nor replaced by the default.
        [{ autoscale: { min: 0, max: 1 } }, `.autoscale.min is 0: ${number}.`],
        [
          { autoscale: { min: "5", max: 1 } },
          `.autoscale.min is "5": ${number}.`,
        ],
        [
          { autoscale: { min: null, max: 1 } },
          `.autoscale.min is null: ${number}.`,
        ],
        [
          { autoscale: { min: 0, max: 0, cpuPercent: 0 } },
          `.autoscale.min is 0: ${number}.`,
          `.autoscale.max is 0: ${number}.`,
          ".autoscale.cpuPercent is 0: it must be a whole number from 1 to 1000, of the CPU that a pod requests.",
        ],
      ]);
    });

    describe("keys", () => {
      const keys =
        "is not a setting of autoscale: there are min, max and cpuPercent.";
      table([
        [{ autoscale: {} }, `.autoscale.max is missing: ${number}.`],
        [
          { autoscale: { min: 2, max: 3, target: 80 } },
          `.autoscale.target ${keys}`,
        ],
        [
          { autoscale: { Max: 3 } },
          `.autoscale.Max ${keys} Did you mean max?`,
          `.autoscale.max is missing: ${number}.`,
        ],
        [
          { autoscale: { mx: 3 } }, // max is nearer than min
          `.autoscale.mx ${keys} Did you mean max?`,
          `.autoscale.max is missing: ${number}.`,
        ],
        [
          { autoscale: { max: 3, cpupercent: 50 } },
          `.autoscale.cpupercent ${keys} Did you mean cpuPercent?`,
        ],
        [
          { autoscale: { autoscale: { max: 3 } } },
          `.autoscale.autoscale ${keys}`,
          `.autoscale.max is missing: ${number}.`,
        ],
      ]);
    });

    describe("replicas beside autoscale", () => {
      const one =
        "services.auth.autoscale is set, too, and only one of them can determine the number of pods; remove one (`pulumi config rm --path 'marquee:services.auth.replicas'`)";
      table(
        breaking("replicas", one, [2, 0], (replicas) => ({
          replicas,
          autoscale: { max: 10 },
        })),
      );
      table([
        [
          { replicas: "3", autoscale: { max: "9" } },
          '.replicas is "3": it must be a whole number, 0 or more.',
          `.replicas is "3": ${one}.`,
          `.autoscale.max is "9": ${number}.`,
        ],
        [
          { replicas: 3, autoscale: null },
          `.replicas is 3: ${one}.`,
          ".autoscale is null: it must be a map, such as { min: 2, max: 10, cpuPercent: 80 }.",
        ],
      ]);
    });
  });
});
