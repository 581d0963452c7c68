import assert from "node:assert/strict";
import {
  connectionLimits,
  connectionsOf,
} from "../../config/connection-limits.ts";
import { parseSettings } from "../../config/settings.ts";
import { databaseVariables } from "../../packages/service-kit/index.ts";
import { authority } from "../support/components/certificates.ts";
import {
  encrypted,
  issuer,
  issuesOf,
  names,
  required,
  settingsOf,
} from "../support/components/configurations.ts";
import { secrets } from "../support/components/database-configurations.ts";

describe("connectionsOf", () => {
  for (const [pods, connections] of [
    [0, 5],
    [1, 15],
    [2, 25],
    [6, 65],
    [30, 305],
    [10_000, 100_005],
  ] as const)
    it(`returns ${connections} for ${pods} pods: two pools of 5 per pod, and 5 spare`, () => {
      assert.equal(connectionsOf(pods), connections);
    });

  it("counts as many connections per pod as a service opens", () => {
    const perPod = databaseVariables.DATABASE_CONNECTIONS.parse(undefined);
    assert.equal(connectionsOf(2) - connectionsOf(1), 2 * perPod);
  });
});

describe("connectionLimits", () => {
  const limitsOf = (auth: object, withDatabase = names.slice(0, 1)) =>
    connectionLimits(
      settingsOf({
        services: { auth },
        issuer,
        database: { maxConnections: 262_143 },
      }).services,
      withDatabase,
    );

  for (const [auth, limit] of [
    [{}, 65],
    [{ replicas: 0 }, 65],
    [{ replicas: 6 }, 65],
    [{ replicas: 7 }, 75],
    [{ replicas: 30 }, 305],
    [{ autoscale: { max: 6 } }, 65],
    [{ autoscale: { min: 1, max: 7 } }, 75],
    [{ type: "NodePort", autoscale: { max: 30 } }, 305],
  ] as const)
    it(`gives the role of a service with ${JSON.stringify(auth)} ${limit} connections`, () => {
      assert.deepEqual(limitsOf(auth), { auth: limit });
    });

  it("sets no limit for a service that runs elsewhere", () => {
    const auth = { type: "ExternalName", externalName: "auth.example.com" };
    assert.deepEqual(limitsOf(auth, ["auth", "payment"]), { payment: 65 });
  });

  it("sets no limit for a service without a database", () => {
    assert.deepEqual(limitsOf({ replicas: 30 }, []), {});
  });
});

describe("parseSettings: connections of all services", () => {
  const here =
    "raise database.maxConnections (and database.resources.limits.memory by up to 10 MiB per connection).";
  const elsewhere =
    "raise database.maxConnections to what the database accepts (`SHOW max_connections`, or a pooler's max_client_conn).";
  const why =
    "A pod opens up to 5, a rollout may double the pods, and each service has 5 spare.";
  const managed = {
    externalName: "db.example.com",
    certificateAuthority: authority,
  };

  for (const [services, database] of [
    [{}, {}],
    [{}, { maxConnections: 85 }],
    [{ auth: { replicas: 13 } }, {}],
    [{ auth: { replicas: 13 } }, { maxConnections: 195 }],
    [{ streaming: { autoscale: { max: 30 } } }, { maxConnections: 365 }],
    [
      { auth: { type: "ExternalName", externalName: "auth.example.com" } },
      { maxConnections: 60 },
    ],
  ] as const)
    it(`accepts services ${JSON.stringify(services)} with database ${JSON.stringify(database)}`, () => {
      assert.deepEqual(issuesOf({ services, database, issuer }), []);
      assert.deepEqual(
        issuesOf(
          { services, database: { ...managed, ...database }, secrets, issuer },
          encrypted,
        ),
        [],
      );
    });

  for (const [services, database, issue] of [
    [
      { streaming: { autoscale: { max: 30 } } },
      {},
      `200 (the default): the services need 365 connections, 305 for streaming (30 pods), 25 for auth (2 pods), 25 for payment (2 pods) and 10 for administration. ${why} Lower services.streaming.autoscale.max, or ${here}`,
    ],
    [
      { auth: { replicas: 15 }, payment: { replicas: 1 } },
      {},
      `200 (the default): the services need 205 connections, 155 for auth (15 pods), 25 for streaming (2 pods), 15 for payment (1 pod) and 10 for administration. ${why} Lower services.auth.replicas, or ${here}`,
    ],
    [
      {},
      { maxConnections: 84 },
      `84: the services need 85 connections, 25 for auth (2 pods), 25 for payment (2 pods), 25 for streaming (2 pods) and 10 for administration. ${why} Lower services.auth.replicas, or ${here}`,
    ],
    [
      { streaming: { autoscale: { max: 40 } } },
      { ...managed, maxConnections: 400 },
      `400: the services need 465 connections, 405 for streaming (40 pods), 25 for auth (2 pods), 25 for payment (2 pods) and 10 for administration. ${why} Lower services.streaming.autoscale.max, or ${elsewhere}`,
    ],
  ] as const)
    it(`rejects services ${JSON.stringify(services)} with database ${JSON.stringify(database).slice(0, 40)}`, () => {
      assert.deepEqual(issuesOf({ services, database, secrets }, encrypted), [
        `marquee:database.maxConnections is ${issue}`,
      ]);
    });

  it("does not count services without a database", () => {
    const raw = { ...required, services: { auth: { replicas: 10_000 } } };
    const parsed = parseSettings(raw, names, encrypted, ["payment"]);
    assert.deepEqual(parsed.issues, []);
  });

  it("ignores invalid numbers in the sum of connections", () => {
    assert.deepEqual(
      issuesOf({
        services: { auth: { replicas: 10_000 }, payment: { replicas: -1 } },
      }),
      [
        "marquee:services.payment.replicas is -1: it must be a whole number, 0 or more.",
      ],
    );
    assert.deepEqual(
      issuesOf({
        services: { auth: { replicas: 40 } },
        database: { maxConnections: "800" },
      }),
      [
        'marquee:database.maxConnections is "800": it must be a whole number from 20 to 262143.',
      ],
    );
  });
});
