import assert from "node:assert/strict";
import { withLocalDefaults } from "../../config/local-cluster.ts";

const env = {
  MARQUEE_REGISTRY: "127.0.0.3:5001",
  MARQUEE_PLATFORM: "linux/arm64",
};

describe("withLocalDefaults", () => {
  it("adds the local cluster's registry, platform and images", () => {
    assert.deepEqual(
      withLocalDefaults(
        { context: "marquee-local", database: { storage: "1Gi" } },
        env,
      ),
      {
        context: "marquee-local",
        registry: "127.0.0.3:5001",
        platform: "linux/arm64",
        baseImage: "127.0.0.3:5001/node:24",
        database: { image: "127.0.0.3:5001/postgres:17", storage: "1Gi" },
      },
    );
  });

  const own = {
    context: "marquee-local",
    registry: "localhost:5001",
    platform: "linux/amd64",
    baseImage: "localhost:5001/node:24",
    database: { image: "localhost:5001/postgres:17" },
  };

  it("keeps the values that the configuration has, with and without the variables", () => {
    assert.deepEqual(withLocalDefaults(own, env), own);
    assert.deepEqual(withLocalDefaults(own, {}), own);
  });

  it("returns undefined if a value is neither in the configuration nor in the environment", () => {
    for (const key of ["registry", "platform", "baseImage", "database"]) {
      const { [key]: _, ...rest } = own as Record<string, unknown>;
      assert.equal(withLocalDefaults(rest, {}), undefined, key);
    }
  });

  it("leaves a database that is not a map unchanged, for the settings' checks to reject", () => {
    const database = "postgres:17";
    assert.deepEqual(withLocalDefaults({ ...own, database }, env), {
      ...own,
      database,
    });
  });

  it("leaves the configuration of stacks on other clusters unchanged", () => {
    const raw = { context: "kind-kind", registry: "ghcr.io/acme" };
    assert.deepEqual(withLocalDefaults(raw, env), raw);
  });
});
