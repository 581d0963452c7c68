import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import {
  containing,
  useDatabaseProgram,
} from "../../support/components/database-programs.ts";
import {
  claimType,
  jobType,
  statefulSetType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import { deployed, pods } from "../../support/components/program.ts";

describe("The program: settings of the database", () => {
  const { run } = useDatabaseProgram();

  it("generates no key for auth if the secrets set one", async () => {
    const { resources } = await run(
      {},
      { secrets: { auth: { KEY_ENCRYPTION_KEY: "hunter2" } } },
    );
    assert.deepEqual(count(resources), deployed);
    const { auth } = pods(resources);
    assert.ok(
      !JSON.stringify(auth.containers[0].env).includes("KEY_ENCRYPTION_KEY"),
    );
    assert.deepEqual(auth.containers[0].envFrom, [
      { secretRef: { name: "auth-secrets-1a2b" } },
    ]);
  });

  it("takes the superuser's password from a secret", async () => {
    const { resources } = await run(
      {},
      { secrets: { postgres: { PASSWORD: "hunter2" } } },
    );
    assert.deepEqual(containing(resources, "hunter2"), ["postgres-password"]);
    assert.deepEqual(count(resources), deployed);
  });

  it("uses the configured storage and image", async () => {
    const database = { storage: "20Gi", image: image("other-postgres") };
    const { resources } = await run({}, { database });
    const { requests } = only(resources, claimType).inputs.spec.resources;
    assert.deepEqual(requests, { storage: "20Gi" });
    for (const [type, name] of [
      [statefulSetType, "postgres"],
      [jobType, "postgres-image-check"],
      [jobType, "postgres-provision"],
    ] as const) {
      const { spec } = only(resources, type, name).inputs.spec.template;
      assert.equal(spec.containers[0].image, database.image);
    }
  });
});
