import assert from "node:assert/strict";
import { auth, table, usual } from "../support/components/configurations.ts";

describe("parseSettings: externalTrafficPolicy", () => {
  for (const type of ["NodePort", "LoadBalancer"])
    for (const externalTrafficPolicy of ["Cluster", "Local"])
      it(`accepts ${externalTrafficPolicy} for a ${type}`, () => {
        const settings = auth({ type, externalTrafficPolicy });
        assert.ok(settings.type !== "ExternalName");
        assert.equal(settings.externalTrafficPolicy, externalTrafficPolicy);
      });

  it("is left to Kubernetes by default", () => {
    assert.ok(!("externalTrafficPolicy" in auth({ type: "NodePort" })));
    assert.deepEqual(auth({}), usual);
  });

  describe("invalid values", () => {
    table([
      [
        { type: "NodePort", externalTrafficPolicy: "local" },
        '.externalTrafficPolicy is "local": it must be Cluster or Local. Did you mean Local?',
      ],
      [
        { type: "LoadBalancer", externalTrafficPolicy: true },
        ".externalTrafficPolicy is true: it must be Cluster or Local.",
      ],
      [
        { externalTrafficPolicy: "Local" },
        '.externalTrafficPolicy is "Local": only a service of type NodePort or LoadBalancer has one, and services.auth.type is ClusterIP.',
      ],
      [
        {
          type: "ExternalName",
          externalName: "a.example.com",
          externalTrafficPolicy: "Local",
        },
        '.externalTrafficPolicy is "Local": only a service of type NodePort or LoadBalancer has one, and services.auth.type is ExternalName.',
      ],
    ]);
  });
});
