import assert from "node:assert/strict";
import {
  issuesOf,
  usualDatabase,
} from "../support/components/configurations.ts";
import {
  breaking,
  database,
  least,
  noTexts,
  table,
} from "../support/components/database-configurations.ts";

describe("parseSettings: database", () => {
  for (const nothing of [undefined, {}])
    it(`defaults to a database in the cluster with 10 GiB if database is ${JSON.stringify(nothing) ?? "undefined"}`, () => {
      assert.deepEqual(database(nothing), usualDatabase);
    });

  it("accepts every key of a database in the cluster", () => {
    const resources = {
      requests: { cpu: "1", memory: "2Gi", "ephemeral-storage": "1Gi" },
      limits: { cpu: "4", memory: "8Gi", "ephemeral-storage": "2Gi" },
    };
    const all = {
      image: "localhost:5001/postgres:17",
      maxConnections: 400,
      storage: "100Gi",
      storageClass: "fast.example.com",
      resources,
    };
    assert.deepEqual(database(all), all);
  });

  it("has its own defaults for resources that are not set", () => {
    const { resources } = usualDatabase;
    assert.deepEqual(database({ resources: { limits: { cpu: 4 } } }), {
      ...usualDatabase,
      resources: { ...resources, limits: { ...resources.limits, cpu: "4" } },
    });
  });

  for (const [storage, canonical] of [
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["20G", "20G"],
    ["8Ti", "8Ti"],
  ])
    it(`writes ${storage} of storage in Kubernetes' canonical form, ${canonical}`, () => {
      assert.deepEqual(database({ storage }), {
        ...usualDatabase,
        storage: canonical,
      });
    });

  describe("invalid values", () => {
    describe("database", () => {
      for (const database of [null, true, 5, "", "10Gi", [], [least]])
        it(`rejects ${JSON.stringify(database)}`, () => {
          assert.deepEqual(issuesOf({ database }), [
            `marquee:database is ${JSON.stringify(database)}: it must be a map, such as { storage: 20Gi }.`,
          ]);
        });
      const keys =
        "is not a setting of the database: there are image, maxConnections, externalName, storage, storageClass, resources, port, user, tls and certificateAuthority.";
      table([
        [{ password: "x" }, `.password ${keys}`],
        [{ Storage: "1Gi" }, `.Storage ${keys} Did you mean storage?`],
        [
          { ...least, hostname: "x", TLS: "off" },
          `.hostname ${keys}`,
          `.TLS ${keys} Did you mean tls?`,
        ],
      ]);
    });

    describe("image", () => {
      const rule = "it must be an image reference, such as postgres:17";
      const wrong = ["", " ", "postgres 17", ":17", "/postgres", "@sha256:0"];
      table(breaking("image", rule, [...wrong, ...noTexts]));
      table(breaking("image", rule, ["postgres 17"], least));
    });

    describe("maxConnections", () => {
      const rule = "it must be a whole number from 20 to 262143";
      const wrong = [19, 0, -1, 200.5, 262_144, "200", "", null, true, [200]];
      table(breaking("maxConnections", rule, wrong));
      table(breaking("maxConnections", rule, wrong, least));
    });

    describe("storage", () => {
      table(
        breaking(
          "storage",
          "it must be a number of bytes, such as 256Mi (units are Ki, Mi, Gi, Ti, k, M, G and T) or 268435456, 8Ti at most; below 1000000 it needs a unit",
          [
            ...["", "10", "10GB", "10 Gi", "-1Gi", "0Gi", "9Ti", "lots"],
            ...[10, ...noTexts],
          ],
        ),
      );
    });

    describe("storageClass", () => {
      table(
        breaking(
          "storageClass",
          "it must be the name of a storage class (`kubectl get storageclasses` lists them)",
          ["", "Fast", "-fast", "fast-", "a b", "a_b", ...noTexts],
        ),
      );
    });

    describe("resources", () => {
      table([
        [
          { resources: "large" },
          '.resources is "large": it must be a map, such as { requests: { cpu: 100m }, limits: { memory: 512Mi } }.',
        ],
        [
          { resources: { limits: { memory: "128Mi" } } },
          '.resources.limits.memory is "128Mi": it is less than database.resources.requests.memory, which is 256Mi (the default), and a request must not exceed its limit.',
        ],
        [
          { resources: { requests: { cpus: 1 } } },
          ".resources.requests.cpus is not a resource: there are cpu, memory and ephemeral-storage. Did you mean cpu?",
        ],
      ]);
    });

    describe("keys of the other kind of database", () => {
      const elsewhere =
        "it is for a database that runs elsewhere, and database.externalName is not set";
      for (const [key, values] of Object.entries({
        port: [5432, "x"],
        user: ["ada"],
        tls: ["verify", false],
        certificateAuthority: ["x"],
      }))
        table(breaking(key, elsewhere, values));
      const here =
        "it is for a database in this cluster, and database.externalName says that the database runs elsewhere";
      for (const [key, values] of Object.entries({
        storage: ["10Gi", 10],
        storageClass: ["fast"],
        resources: [{}, { limits: { cpu: 2 } }, "x"],
      }))
        table(breaking(key, here, values, least));
    });
  });
});
