import { type OutsideCaller, parseAllowFrom } from "./allow-from.ts";
import { parseScale, type ScaleSettings } from "./autoscaling.ts";
import type { IsEncrypted } from "./encryption.ts";
import { hostNamePattern } from "./host-name.ts";
import { parsePrebuiltImage } from "./image-reference.ts";
import { type Issues, list, suggestion } from "./issues.ts";
import {
  type LoadBalancerSettings,
  parseLoadBalancer,
} from "./load-balancer.ts";
import { type LogSidecarSettings, parseLogSidecar } from "./log-sidecar.ts";
import { parseNodePort, parsePort } from "./ports.ts";
import { parseResources, type ResourceSettings } from "./resources.ts";
import {
  parseNodeSelector,
  parseTolerations,
  type SchedulingSettings,
} from "./scheduling.ts";
import { parseTrafficPolicy, type TrafficPolicy } from "./traffic-policy.ts";
import { isMap } from "./values.ts";

/** The types of a Kubernetes Service. */
const serviceTypes = [
  "ClusterIP",
  "NodePort",
  "LoadBalancer",
  "ExternalName",
] as const;
type ServiceType = (typeof serviceTypes)[number];

/** A service that runs in this cluster, behind a Service of one of three types. */
export interface DeployedSettings extends ScaleSettings, SchedulingSettings {
  type: Exclude<ServiceType, "ExternalName">;
  /** The Service's port. @default the port that the pods listen on */
  port?: number;
  /** Only with NodePort. @default Kubernetes picks a free one */
  nodePort?: number;
  /** Only with NodePort and LoadBalancer. @default Kubernetes' Cluster, which hides clients' addresses */
  externalTrafficPolicy?: TrafficPolicy;
  /** Only with LoadBalancer. */
  loadBalancer?: LoadBalancerSettings;
  /** A prebuilt image by digest. @default built from services/, or taken from the stack `imagesFrom` */
  image?: string;
  resources: ResourceSettings;
  logSidecar?: LogSidecarSettings;
  /** Only with ClusterIP: pods of other namespaces that may call it. @default none */
  allowFrom?: readonly OutsideCaller[];
}

/** A service that runs elsewhere: the cluster only has a DNS name for it. */
interface ExternalSettings {
  type: "ExternalName";
  externalName: string;
  /** The port that it listens on there. @default the port that its pods listen on here */
  port?: number;
}

export type ServiceSettings = DeployedSettings | ExternalSettings;

/** The types of a service that runs in this cluster. */
const deployedTypes = serviceTypes.filter((type) => type !== "ExternalName");

/** The types of service that each key is allowed for. */
const typesWith: Record<string, readonly string[]> = {
  type: serviceTypes,
  port: serviceTypes,
  replicas: deployedTypes,
  autoscale: deployedTypes,
  image: deployedTypes,
  resources: deployedTypes,
  logSidecar: deployedTypes,
  nodeSelector: deployedTypes,
  tolerations: deployedTypes,
  nodePort: ["NodePort"],
  loadBalancer: ["LoadBalancer"],
  externalTrafficPolicy: ["NodePort", "LoadBalancer"],
  allowFrom: ["ClusterIP"], // everybody may call a service of the other types
  externalName: ["ExternalName"],
};

/** Checks `marquee:services`. */
export function parseServices<Name extends string>(
  raw: unknown,
  names: readonly Name[],
  isEncrypted: IsEncrypted,
  issues: Issues,
): Record<Name, ServiceSettings> {
  const given = isMap(raw) ? raw : {};
  if (raw !== undefined && !isMap(raw))
    issues.invalid("services", raw, `it must be a map with ${list(names)}`);
  issues.rejectUnknownKeys("services.", given, names, "a service");
  const services = {} as Record<Name, ServiceSettings>;
  const nodePorts = new Map<number, string>();
  for (const name of names) {
    services[name] = parseService(name, given[name], isEncrypted, issues);
    checkNodePort(name, services[name], nodePorts, issues);
  }
  return services;
}

/** Checks that no earlier service has the same node port. */
function checkNodePort(
  name: string,
  service: ServiceSettings,
  nodePorts: Map<number, string>,
  issues: Issues,
): void {
  if (!("nodePort" in service) || service.nodePort === undefined) return;
  const other = nodePorts.get(service.nodePort);
  if (other)
    issues.invalid(
      `services.${name}.nodePort`,
      service.nodePort,
      `marquee:services.${other}.nodePort is the same, and each service needs its own`,
    );
  nodePorts.set(service.nodePort, name);
}

function parseService(
  name: string,
  raw: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): ServiceSettings {
  const at = (key: string) => `services.${name}.${key}`;
  const map = isMap(raw) ? raw : {};
  if (raw !== undefined && raw !== null && !isMap(raw))
    issues.invalid(
      `services.${name}`,
      raw,
      "it must be a map, such as { type: ClusterIP, replicas: 2 }",
    );
  issues.rejectUnknownKeys(
    `services.${name}.`,
    map,
    Object.keys(typesWith),
    "a setting of a service",
  );
  const type = parseType(at("type"), map.type, issues);
  const given = (key: string) => valueForType(at, key, map[key], type, issues);

  const externalName = given("externalName");
  if (type === "ExternalName")
    checkHost(at("externalName"), externalName, issues);
  const port = parsePort(at("port"), given("port"), issues);
  const settings = {
    ...port,
    ...parseScale(at, given("replicas"), given("autoscale"), issues),
    ...parseNodePort(at("nodePort"), given("nodePort"), issues),
    ...parseLoadBalancer(
      at("loadBalancer"),
      given("loadBalancer"),
      type === "LoadBalancer",
      issues,
    ),
    ...parseTrafficPolicy(
      at("externalTrafficPolicy"),
      given("externalTrafficPolicy"),
      issues,
    ),
    ...parsePrebuiltImage(at("image"), given("image"), issues),
    resources: parseResources(at("resources"), given("resources"), issues),
    ...parseLogSidecar(
      ["services", name, "logSidecar"],
      given("logSidecar"),
      isEncrypted,
      issues,
    ),
    ...parseAllowFrom(at("allowFrom"), given("allowFrom"), issues),
    ...parseNodeSelector(at("nodeSelector"), given("nodeSelector"), issues),
    ...parseTolerations(at("tolerations"), given("tolerations"), issues),
  };
  return type === "ExternalName"
    ? { type, externalName: String(externalName), ...port }
    : { type: type ?? "ClusterIP", ...settings };
}

/** @returns undefined if the type is invalid */
function parseType(
  key: string,
  raw: unknown,
  issues: Issues,
): ServiceType | undefined {
  const type = serviceTypes.find((type) => type === (raw ?? "ClusterIP"));
  if (!type)
    issues.invalid(
      key,
      raw,
      `it must be ${list(serviceTypes, "or")}`,
      suggestion(String(raw), serviceTypes),
    );
  return type;
}

/** A key's value, or undefined, with an issue, if services of this type don't have the key. */
function valueForType(
  at: (key: string) => string,
  key: string,
  value: unknown,
  type: ServiceType | undefined,
  issues: Issues,
): unknown {
  const types = typesWith[key] as readonly string[];
  if (value === undefined || !type || types.includes(type)) return value;
  issues.invalid(
    at(key),
    value,
    types === deployedTypes
      ? "a service of type ExternalName runs elsewhere and has no pods here"
      : `only a service of type ${list(types, "or")} has one, and ${at("type")} is ${type}`,
  );
  return undefined;
}

function checkHost(key: string, externalName: unknown, issues: Issues): void {
  if (typeof externalName === "string" && hostNamePattern.test(externalName))
    return;
  issues.invalid(
    key,
    externalName,
    "a service of type ExternalName needs the DNS name, in lower case, of its host, such as auth.example.com",
  );
}
