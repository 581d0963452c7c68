import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  NetworkPolicies,
  type PolicySubject,
} from "../../../components/network-policies.ts";
import { deploy, known, recordOptions } from "./engine.ts";

/** A service whose Service object does not exist yet. */
type Service = Omit<PolicySubject, "readyResource">;

/** A service with the defaults of the program's services. */
export const service = (
  name: string,
  more: Partial<Service> = {},
): Service => ({
  name,
  app: `${name}-service`,
  calls: [],
  ingress: "internal",
  ...more,
});
export const system: Service[] = [
  service("auth", { port: 8081 }),
  service("payment", { port: 8082 }),
  service("streaming", {
    port: 8083,
    calls: ["auth", "payment"],
    ingress: "public",
  }),
];
export const pods = (service: string) => ({
  podSelector: { matchLabels: { app: `${service}-service` } },
});
export const dns = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** The specifications and the resource options of the policies, by name. */
export async function policies(system: Service[]) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { resources } = await deploy(() => {
    const services = system.map((service) => ({
      ...service,
      readyResource: new k8s.core.v1.Service(`${service.name}-service`),
    }));
    new NetworkPolicies(
      "network",
      { namespace: "marquee-dev", services },
      recordOptions(options),
    );
  });
  const specs = Object.fromEntries(
    resources
      .filter(({ type }) => type.endsWith(":NetworkPolicy"))
      .map(({ inputs: { metadata, spec } }) => {
        assert.equal(metadata.namespace, "marquee-dev");
        return [metadata.name, spec];
      }),
  );
  return { specs, options };
}

/** The names of the Services that a resource depends on. */
export const servicesOf = (options?: pulumi.CustomResourceOptions) =>
  Promise.all(
    [options?.dependsOn ?? []].flat().map(async (resource) => {
      assert.ok(resource instanceof k8s.core.v1.Service);
      return (await known(resource.urn)).split("::").at(-1);
    }),
  );
