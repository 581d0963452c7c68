import assert from "node:assert/strict";
import { app, policies } from "../../support/components/database-programs.ts";
import { only, type Resource } from "../../support/components/engine.ts";
import { serviceType } from "../../support/components/microservices.ts";
import {
  pods,
  policyType,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

const external = { type: "ExternalName", externalName: "a.example.com" };
const urls = ["ISSUER", "AUTH_URL", "PAYMENT_URL"];

/** The URLs in each service's environment. */
const urlsOf = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(pods(resources)).map(([name, { containers }]) => [
      name,
      Object.fromEntries(
        containers[0].env
          .filter(({ name }: { name: string }) => urls.includes(name))
          .map(({ name, value }: Record<string, string>) => [name, value]),
      ),
    ]),
  );

describe("The program: port of a service", () => {
  const { runWithoutRegistry } = useProgram();
  const run = (auth: object, payment: object = {}, streaming: object = {}) =>
    runWithoutRegistry({
      auth: "type" in auth ? auth : { ...prebuilt.auth, ...auth },
      payment: { ...prebuilt.payment, ...payment },
      streaming: { ...prebuilt.streaming, ...streaming },
    });

  it("sets the port only in the Service, which still targets the pods' port", async () => {
    const { resources } = await run({}, {}, { port: 80 });
    const { spec } = only(resources, serviceType, "streaming-service").inputs;
    assert.deepEqual(spec.ports, [
      { name: "http", port: 80, targetPort: "http" },
    ]);
    const [container] = pods(resources).streaming.containers;
    assert.deepEqual(container.ports, [{ name: "http", containerPort: 8083 }]);
    assert.deepEqual(container.env[0], { name: "PORT", value: "8083" });
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      assert.equal(container[probe].httpGet.port, "http");
  });

  it("uses the port in the URLs of callers, tokens and endpoints, and omits port 80", async () => {
    const { resources, outputs } = await run({ port: 80 }, { port: 9000 });
    const issuer = { ISSUER: "http://auth-service.marquee-dev.svc" };
    assert.deepEqual(urlsOf(resources), {
      auth: issuer,
      payment: issuer,
      streaming: {
        ...issuer,
        AUTH_URL: "http://auth-service",
        PAYMENT_URL: "http://payment-service:9000",
      },
    });
    assert.deepEqual(outputs.endpoints, {
      auth: "http://auth-service.marquee-dev.svc",
      payment: "http://payment-service.marquee-dev.svc:9000",
      streaming: "http://streaming-service.marquee-dev.svc:8083",
    });
  });

  it("uses the default ports in URLs and Services without the key", async () => {
    const { resources } = await run({});
    const issuer = { ISSUER: "http://auth-service.marquee-dev.svc:8081" };
    assert.deepEqual(urlsOf(resources), {
      auth: issuer,
      payment: issuer,
      streaming: {
        ...issuer,
        AUTH_URL: "http://auth-service:8081",
        PAYMENT_URL: "http://payment-service:8082",
      },
    });
    for (const [name, port] of [
      ["auth", 8081],
      ["payment", 8082],
      ["streaming", 8083],
    ])
      assert.deepEqual(
        only(resources, serviceType, `${name}-service`).inputs.spec.ports,
        [{ name: "http", port, targetPort: "http" }],
      );
  });

  it("changes no network policy, because policies are about pods' ports", async () => {
    const specs = (resources: Resource[]) =>
      resources
        .filter(({ type }) => type === policyType)
        .map(({ name, inputs: { spec } }) => ({ name, spec }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    const { resources } = await run({ port: 80 }, { port: 443 }, { port: 80 });
    const { resources: usual } = await run({});
    assert.deepEqual(specs(resources), specs(usual));
  });

  it("uses the port as that of the external host if the service runs elsewhere", async () => {
    const { resources, outputs } = await run({ ...external, port: 8443 });
    assert.equal(outputs.endpoints.auth, "http://a.example.com:8443");
    assert.equal(
      urlsOf(resources).streaming?.AUTH_URL,
      "http://auth-service:8443",
    );
    assert.deepEqual(
      policies(resources, "streaming-calls-auth")["streaming-calls-auth"],
      {
        ...app("streaming-service"),
        policyTypes: ["Egress"],
        egress: [{ ports: [{ port: 8443 }] }],
      },
    );
  });
});
