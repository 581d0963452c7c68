import assert from "node:assert/strict";
import { authority } from "../../support/components/certificates.ts";
import {
  awaited,
  elsewhere,
  jobType,
  postgres,
  postgresType,
} from "../../support/components/databases.ts";
import { count, only } from "../../support/components/engine.ts";
import {
  secretType,
  serviceType,
} from "../../support/components/microservices.ts";

const off = { tls: "off", certificateAuthority: undefined };
const required = { tls: "require", certificateAuthority: undefined };

/** What psql and the service are told of a server, besides passwords. */
async function told(settings: object) {
  const { resources, variables } = await postgres(elsewhere(settings));
  const { env } = only(resources, jobType, "postgres-provision").inputs.spec
    .template.spec.containers[0];
  return {
    psql: Object.fromEntries(
      env
        .filter(({ name }: { name: string }) => /^PG(?!PASS)|^AUTH/.test(name))
        .map(({ name, value }: { name: string; value: string }) => [
          name,
          value,
        ]),
    ),
    service: Object.fromEntries(variables[0]?.slice(1) ?? []),
  };
}

describe("Postgres that runs elsewhere", () => {
  it("is a name for it, a password for each role, and a Job that makes the roles: no pod, and no volume", async () => {
    const { resources } = await postgres(elsewhere(), { password: "mine" });
    assert.deepEqual(count(resources), {
      [postgresType]: 1,
      [serviceType]: 1,
      [jobType]: 1,
      [secretType]: 2,
    });
  });

  it("is found by the same name, which waits for nothing", async () => {
    const { resources, options } = await postgres(elsewhere());
    const { metadata, spec } = only(resources, serviceType, "postgres").inputs;
    assert.equal(metadata.name, "postgres");
    assert.deepEqual(spec, {
      type: "ExternalName",
      externalName: "db.example.com",
    });
    assert.deepEqual(await awaited(options[serviceType]), []);
  });

  it("has a Job that waits for that name alone", async () => {
    const { options } = await postgres(elsewhere());
    assert.deepEqual(await awaited(options["postgres-provision"]), [
      "postgres",
    ]);
  });

  it("is asked, by default, to prove who it is", async () => {
    assert.deepEqual(await told({}), {
      psql: {
        PGDATABASE: "postgres",
        PGCONNECT_TIMEOUT: "10",
        PGHOST: "db.example.com",
        PGPORT: "5432",
        PGUSER: "postgres",
        PGSSLMODE: "verify-full",
        PGSSLROOTCERT: "/tmp/authority.pem",
        AUTHORITY: authority,
      },
      service: {
        DATABASE_URL: "postgres://auth:$(DATABASE_PASSWORD)@postgres:5432/auth",
        DATABASE_TLS: "verify",
        DATABASE_TLS_NAME: "db.example.com",
        DATABASE_TLS_CA: authority,
      },
    });
  });

  for (const [settings, PGSSLMODE] of [
    [off, "disable"],
    [required, "require"],
  ] as const)
    it(`is believed with tls ${settings.tls}`, async () => {
      const { psql, service } = await told(settings);
      assert.equal(psql.PGSSLMODE, PGSSLMODE);
      assert.equal(service.DATABASE_TLS, settings.tls);
      // psql would check the certificate all the same.
      for (const name of ["PGSSLROOTCERT", "AUTHORITY"])
        assert.ok(!(name in psql), name);
      assert.ok(!("DATABASE_TLS_CA" in service));
    });

  it("is called at the port and by the user that are said", async () => {
    const { psql, service } = await told({ port: 6432, user: "ada" });
    assert.deepEqual([psql.PGPORT, psql.PGUSER], ["6432", "ada"]);
    assert.equal(
      service.DATABASE_URL,
      "postgres://auth:$(DATABASE_PASSWORD)@postgres:6432/auth",
    );
  });

  it("may take as many connections as it likes of each role", async () => {
    const { resources } = await postgres(elsewhere());
    const { env } = only(resources, jobType, "postgres-provision").inputs.spec
      .template.spec.containers[0];
    assert.deepEqual(
      env.filter(({ name }: { name: string }) =>
        name.startsWith("CONNECTIONS"),
      ),
      [{ name: "CONNECTIONS_auth", value: "-1" }],
    );
  });

  it("is called by its port, wherever it is, and has no pods to be protected", async () => {
    const { network } = await postgres(elsewhere({ port: 6432 }));
    assert.deepEqual(
      network.map(({ arrival: _, ...service }) => service),
      [
        {
          name: "postgres",
          app: "postgres",
          port: 6432,
          calls: [],
          reach: "elsewhere",
        },
        {
          name: "postgres-provision",
          app: "postgres-provision",
          calls: ["postgres"],
          reach: "callers",
        },
      ],
    );
  });
});
