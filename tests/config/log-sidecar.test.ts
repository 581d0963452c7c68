import assert from "node:assert/strict";
import { serviceNetwork } from "../../config/service-network.ts";
import {
  auth,
  breaking,
  image,
  table,
  usual,
} from "../support/components/configurations.ts";

const endpoint = "https://logs.example.com/ingest";
const rule =
  "it must be an http or https URL, such as https://logs.example.com/ingest";

describe("parseSettings: logSidecar", () => {
  for (const logSidecar of [undefined, false])
    it(`has no log sidecar if logSidecar is ${logSidecar ?? "undefined"}`, () => {
      assert.deepEqual(auth({ logSidecar }), usual);
    });

  for (const logSidecar of [true, {}])
    it(`accepts ${JSON.stringify(logSidecar)} as a log sidecar without an endpoint`, () => {
      assert.deepEqual(auth({ logSidecar }), { ...usual, logSidecar: {} });
    });

  for (const logSidecar of [
    { endpoint },
    { endpoint: "http://127.0.0.1:8080" },
    { endpoint: "https://[2001:db8::1]:9200/_bulk?pipeline=marquee" },
    { endpoint: "http://logs" },
    { endpoint: "https://logs.example.com:65535/a%20b;c=@d?to=#e" },
  ])
    it(`accepts ${JSON.stringify(logSidecar)}`, () => {
      assert.deepEqual(auth({ logSidecar }), { ...usual, logSidecar });
    });

  describe("invalid values", () => {
    describe("logSidecar", () => {
      table(
        breaking(
          "logSidecar",
          "it must be true, false, or a map, such as { endpoint: https://logs.example.com/ingest }",
          [null, 0, 1, "", "true", "false", "yes", endpoint, [], [endpoint]],
          (logSidecar) => ({ logSidecar }),
        ),
      );
      const keys =
        "is not a setting of logSidecar: there are endpoint and headers.";
      table([
        [
          { logSidecar: { endpiont: endpoint } },
          `.logSidecar.endpiont ${keys} Did you mean endpoint?`,
        ],
        [
          { logSidecar: { enabled: true, Endpoint: endpoint } },
          `.logSidecar.enabled ${keys}`,
          `.logSidecar.Endpoint ${keys} Did you mean endpoint?`,
        ],
        // The image is set per stack, by marquee:logShipperImage.
        [{ logSidecar: { image: image() } }, `.logSidecar.image ${keys}`],
        [
          { logSidecar: { endpoint: "logs", image: "shipper" } },
          `.logSidecar.image ${keys}`,
          `.logSidecar.endpoint is "logs": ${rule}.`,
        ],
      ]);
    });

    describe("endpoint", () => {
      table(
        breaking(
          "logSidecar.endpoint",
          rule,
          [
            ...[
              "",
              "logs.example.com",
              "logs.example.com:443",
              "//logs",
              "/in",
            ],
            ...["ftp://logs.example.com", "file:///var/log", "tcp://logs:514"],
            ...["https://", "https://a b", "https://logs:65536", "http://[::1"],
            ...["https:logs.example.com", "https:/logs.example.com", "http:"],
            ...["HTTPS://logs.example.com", "Http://logs", "https:\\\\logs"],
            ...[
              ` ${endpoint}`,
              `${endpoint} `,
              `${endpoint}\n`,
              "https:// logs",
            ],
            ...["https://logs/a b", "https://logs/\ta", "https://lo\ngs"],
            ...["https://logs:0", "http://logs:0/in", "https://logs:00"],
            ...["https://logs:port", "https://logs:-1", "https://a%b"],
            ...[null, true, 443, [endpoint], { url: endpoint }],
          ],
          (endpoint) => ({ logSidecar: { endpoint } }),
        ),
      );
    });

    // The messages don't quote the URL, which CI systems would log.
    describe("credentials in the endpoint", () => {
      table(
        [
          "https://ada:hunter2@logs.example.com",
          "https://ada@logs",
          "https://:hunter2@logs.example.com",
          "http://ada:@127.0.0.1:8080/in",
          "https://hunter2:x@[2001:db8::1]:9200/_bulk?pipeline=marquee",
          // Invalid or unsupported URLs.
          "https://ada:hunter/2@logs",
          "https://ada:hunter2@logs:0",
          "HTTPS://ada:hunter2@logs",
          "ftp://ada:hunter2@logs",
        ].map((endpoint) => [
          { logSidecar: { endpoint } },
          ".logSidecar.endpoint contains a user or a password, which anyone who can read the stack's configuration or the pods could read.",
        ]),
      );
    });
  });
});

describe("serviceNetwork", () => {
  it("returns ingress internal for a service without an external address", () => {
    assert.deepEqual(serviceNetwork(auth({})), {
      ingress: "internal",
      egressPorts: [],
    });
  });

  for (const type of ["NodePort", "LoadBalancer"])
    it(`returns ingress public for a ${type}`, () => {
      assert.equal(serviceNetwork(auth({ type })).ingress, "public");
    });

  it("returns ingress external for an ExternalName", () => {
    assert.deepEqual(
      serviceNetwork(
        auth({ type: "ExternalName", externalName: "a.example.com" }),
      ),
      { ingress: "external", egressPorts: [] },
    );
  });

  it("lists the service's own egress ports after the log endpoint's, unless it runs elsewhere", () => {
    const logSidecar = { endpoint: "http://logs:9200" };
    for (const [service, ports] of [
      [{}, [443, 8443]],
      [{ logSidecar }, [9200, 443, 8443]],
      [{ type: "ExternalName", externalName: "a.example.com" }, []],
    ])
      assert.deepEqual(
        serviceNetwork(auth(service), [443, 8443]).egressPorts,
        ports,
      );
  });

  const ports: [logSidecar: unknown, ports: number[]][] = [
    [true, []],
    [{}, []],
    [false, []],
    [{ endpoint: "https://logs.example.com" }, [443]],
    [{ endpoint: "https://logs.example.com:443/" }, [443]],
    [{ endpoint: "http://logs.example.com/a:9/b" }, [80]],
    [{ endpoint: "http://logs.example.com:8080/in" }, [8080]],
    [{ endpoint: "http://logs.example.com:443" }, [443]],
    [{ endpoint: "http://logs.example.com:080" }, [80]],
    [{ endpoint: "https://[2001:db8::1]:9200" }, [9200]],
    [{ endpoint: "https://logs.example.com:80" }, [80]],
  ];
  for (const [logSidecar, expected] of ports)
    it(`returns egress ports [${expected}] for logSidecar ${JSON.stringify(logSidecar)}`, () => {
      assert.deepEqual(
        serviceNetwork(auth({ logSidecar })).egressPorts,
        expected,
      );
    });
});
