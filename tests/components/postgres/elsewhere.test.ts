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

/** The connection variables of psql and of the service, without passwords. */
async function connectionVariables(settings: object) {
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

describe("Postgres outside the cluster", () => {
  it("creates a Service, a Secret for each password and a Job for the roles, but no pod and no volume", async () => {
    const { resources } = await postgres(elsewhere(), { password: "mine" });
    assert.deepEqual(count(resources), {
      [postgresType]: 1,
      [serviceType]: 1,
      [jobType]: 1,
      [secretType]: 2,
    });
  });

  it("creates an ExternalName Service named postgres, which waits for nothing", async () => {
    const { resources, options } = await postgres(elsewhere());
    const { metadata, spec } = only(resources, serviceType, "postgres").inputs;
    assert.equal(metadata.name, "postgres");
    assert.deepEqual(spec, {
      type: "ExternalName",
      externalName: "db.example.com",
    });
    assert.deepEqual(await awaited(options[serviceType]), []);
  });

  it("makes the Job wait only for the Service", async () => {
    const { options } = await postgres(elsewhere());
    assert.deepEqual(await awaited(options["postgres-provision"]), [
      "postgres",
    ]);
  });

  it("verifies the server's certificate by default", async () => {
    assert.deepEqual(await connectionVariables({}), {
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
    it(`does not verify the server's certificate with tls ${settings.tls}`, async () => {
      const { psql, service } = await connectionVariables(settings);
      assert.equal(psql.PGSSLMODE, PGSSLMODE);
      assert.equal(service.DATABASE_TLS, settings.tls);
      // With a root certificate, psql verifies even in mode "require".
      for (const name of ["PGSSLROOTCERT", "AUTHORITY"])
        assert.ok(!(name in psql), name);
      assert.ok(!("DATABASE_TLS_CA" in service));
    });

  it("connects to the configured port as the configured user", async () => {
    const { psql, service } = await connectionVariables({
      port: 6432,
      user: "ada",
    });
    assert.deepEqual([psql.PGPORT, psql.PGUSER], ["6432", "ada"]);
    assert.equal(
      service.DATABASE_URL,
      "postgres://auth:$(DATABASE_PASSWORD)@postgres:6432/auth",
    );
  });

  it("sets no connection limit for the roles", async () => {
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

  it("is declared to the network policies as a service that runs elsewhere", async () => {
    const { network } = await postgres(elsewhere({ port: 6432 }));
    assert.deepEqual(
      network.map(({ arrival: _, ...service }) => service),
      [
        {
          name: "postgres",
          app: "postgres",
          port: 6432,
          calls: [],
          ingress: "external",
        },
        {
          name: "postgres-provision",
          app: "postgres-provision",
          calls: ["postgres"],
          ingress: "internal",
        },
      ],
    );
  });
});
