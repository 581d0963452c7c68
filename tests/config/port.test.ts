import assert from "node:assert/strict";
import { serviceNetwork } from "../../config/service-network.ts";
import {
  auth,
  breaking,
  table,
  usual,
} from "../support/components/configurations.ts";

const external = { type: "ExternalName", externalName: "a.example.com" };

describe("parseSettings: port of a service", () => {
  it("is left out of the settings if unset", () => {
    assert.ok(!("port" in auth({})));
    assert.deepEqual(auth(external), external);
  });

  for (const port of [1, 80, 443, 65_535])
    for (const type of ["ClusterIP", "NodePort"])
      it(`accepts ${port} with ${type}`, () => {
        assert.deepEqual(auth({ type, port }), { ...usual, type, port });
      });

  it("accepts a port with LoadBalancer", () => {
    const service = auth({ type: "LoadBalancer", port: 80 });
    assert.equal(service.port, 80);
  });

  it("accepts a port of the external host with ExternalName", () => {
    assert.deepEqual(auth({ ...external, port: 8443 }), {
      ...external,
      port: 8443,
    });
  });

  describe("invalid values", () => {
    const rule = "it must be a whole number from 1 to 65535";
    table(
      breaking(
        "port",
        rule,
        [0, -1, 65_536, 80.5, "80", "http", null, true, [80], { http: 80 }],
        (port) => ({ port }),
      ),
    );
    table(breaking("port", rule, [0], (port) => ({ ...external, port })));
  });
});

describe("serviceNetwork: port of a service", () => {
  it("has no port for a service that runs here, because policies are about pods' ports", () => {
    for (const type of ["ClusterIP", "NodePort", "LoadBalancer"])
      assert.ok(!("port" in serviceNetwork(auth({ type, port: 80 }))));
  });

  it("has the port of a service that runs elsewhere", () => {
    assert.deepEqual(serviceNetwork(auth({ ...external, port: 80 })), {
      ingress: "external",
      port: 80,
      egressPorts: [],
    });
  });
});
