import {
  type AutoscaleSettings,
  defaultPods,
  mostPods,
  parseAutoscale,
} from "../components/microservice/autoscaler.ts";
import {
  endpointPorts,
  type LogSidecarSettings,
  parseLogSidecar,
} from "../components/microservice/log-sidecar.ts";
import type { IsEncrypted } from "../components/secret.ts";
import { type OutsideCaller, parseOutsideCallers } from "./allow-from.ts";
import { parseTrafficPolicy, type TrafficPolicy } from "./client-addresses.ts";
import { isImage } from "./image-reference.ts";
import { type Issues, isMap, isWhole, list, suggestion } from "./issues.ts";
import {
  defaultLoadBalancer,
  type LoadBalancerSettings,
  parseLoadBalancer,
} from "./load-balancer.ts";
import { parseResources, type ResourceSettings } from "./resources.ts";
import {
  parseNodeSelector,
  parseTolerations,
  type SchedulingSettings,
} from "./scheduling.ts";

/** The types of a Kubernetes Service, as stack config names them. */
const serviceTypes = [
  "ClusterIP",
  "NodePort",
  "LoadBalancer",
  "ExternalName",
] as const;

/** What runs in this cluster: deployed, and reached through a Service of one of three types. */
export interface DeployedSettings extends SchedulingSettings {
  type: Exclude<(typeof serviceTypes)[number], "ExternalName">;
  /** The Service's port. @default the one that the pods listen on */
  port?: number;
  /** How many pods, unless `autoscale` says. @default 2, so that a node may go away */
  replicas?: number;
  autoscale?: AutoscaleSettings;
  /** Only with NodePort; left out, Kubernetes picks a free one. */
  nodePort?: number;
  /** Only with NodePort and LoadBalancer. @default Kubernetes' Cluster, which hides clients' addresses */
  externalTrafficPolicy?: TrafficPolicy;
  /** Only with LoadBalancer. */
  loadBalancer?: LoadBalancerSettings;
  /** A prebuilt image by digest. @default built from services/, or as `imagesFrom` says */
  image?: string;
  resources: ResourceSettings;
  logSidecar?: LogSidecarSettings;
  /** Only with ClusterIP: pods of other namespaces that may call it. @default none */
  allowFrom?: readonly OutsideCaller[];
}

/** What runs elsewhere: a DNS name for it, nothing built and nothing deployed. */
export interface ExternalSettings {
  type: "ExternalName";
  externalName: string;
  /** The port that it is reached at there. @default the one that its pods listen on here */
  port?: number;
}

export type ServiceSettings = DeployedSettings | ExternalSettings;

/**
 * A service's part in the network: its callers, by its type (an address outside admits everybody) and by `allowFrom`,
 * and the ports that it calls outside.
 * @param outside ports that it calls besides the one that its log is shipped to
 */
export const networkUse = (
  service: ServiceSettings,
  egressPorts: readonly number[] = [],
) =>
  service.type === "ExternalName"
    ? {
        ingress: "external" as const,
        ...(service.port !== undefined && { port: service.port }),
        egressPorts: [],
      }
    : {
        ingress:
          service.type === "ClusterIP"
            ? ("internal" as const)
            : ("public" as const),
        ...(service.allowFrom && { allowFrom: service.allowFrom }),
        egressPorts: [
          ...new Set([...endpointPorts(service.logSidecar), ...egressPorts]),
        ],
      };

/** Kubernetes' default range of node ports. */
const nodePortRange = { min: 30_000, max: 32_767 };

/** A DNS name as Kubernetes takes it; an address would be taken for a name, and never found. */
export const hostPattern =
  /^(?=.{1,253}$)(?!.*\.\d+\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\.?$/;

/** The types of what runs in this cluster. */
const deployed = serviceTypes.filter((type) => type !== "ExternalName");

/** A service's keys, and which types of service have each. */
const typesWith: Record<string, readonly string[]> = {
  type: serviceTypes,
  port: serviceTypes,
  replicas: deployed,
  autoscale: deployed,
  image: deployed,
  resources: deployed,
  logSidecar: deployed,
  nodeSelector: deployed,
  tolerations: deployed,
  nodePort: ["NodePort"],
  loadBalancer: ["LoadBalancer"],
  externalTrafficPolicy: ["NodePort", "LoadBalancer"],
  allowFrom: ["ClusterIP"], // the others may be called by everybody
  externalName: ["ExternalName"],
};

/** Checks `marquee:services`: of each service that exists, what its map says. */
export function parseServices<Name extends string>(
  raw: unknown,
  names: readonly Name[],
  isEncrypted: IsEncrypted,
  report: Issues,
): Record<Name, ServiceSettings> {
  const given = raw === undefined ? {} : raw;
  if (!isMap(given)) {
    report.invalid("services", raw, `it must be a map with ${list(names)}`);
    return parseServices({}, names, isEncrypted, report);
  }
  report.rejectUnknownKeys("services.", given, names, "a service");
  const takenBy = new Map<number, string>();
  return Object.fromEntries(
    names.map((name) => {
      const settings = parseService(
        name,
        given[name] ?? {},
        isEncrypted,
        report,
      );
      if ("nodePort" in settings && settings.nodePort !== undefined) {
        const other = takenBy.get(settings.nodePort);
        if (other)
          report.invalid(
            `services.${name}.nodePort`,
            settings.nodePort,
            `marquee:services.${other}.nodePort is the same, and each service needs its own`,
          );
        takenBy.set(settings.nodePort, name);
      }
      return [name, settings];
    }),
  ) as Record<Name, ServiceSettings>;
}

function parseService(
  name: string,
  raw: unknown,
  isEncrypted: IsEncrypted,
  report: Issues,
): ServiceSettings {
  const { invalid: wrong, rejectUnknownKeys: known } = report;
  const at = (key: string) => `services.${name}.${key}`;
  if (!isMap(raw)) {
    wrong(
      `services.${name}`,
      raw,
      "it must be a map, such as { type: ClusterIP, replicas: 2 }",
    );
    return parseService(name, {}, isEncrypted, report);
  }
  known(
    `services.${name}.`,
    raw,
    Object.keys(typesWith),
    "a setting of a service",
  );
  const type = serviceTypes.find(
    (known) => known === (raw.type ?? "ClusterIP"),
  );
  if (!type)
    wrong(
      at("type"),
      raw.type,
      `it must be ${list(serviceTypes, "or")}`,
      suggestion(String(raw.type), serviceTypes),
    );
  /** A key's value, if it has one and the service's type has that key. */
  const given = (key: string) => {
    const types = typesWith[key] as readonly string[];
    if (raw[key] === undefined || !type || types.includes(type))
      return raw[key];
    wrong(
      at(key),
      raw[key],
      types === deployed
        ? "a service of type ExternalName runs elsewhere and has no pods here"
        : `only a service of type ${list(types, "or")} has one, and ${at("type")} is ${type}`,
    );
    return undefined;
  };

  const externalName = given("externalName");
  if (
    type === "ExternalName" &&
    (typeof externalName !== "string" || !hostPattern.test(externalName))
  )
    wrong(
      at("externalName"),
      externalName,
      "a service of type ExternalName needs the DNS name, in small letters, of the host to lead to, such as auth.example.com",
    );
  const port = parsePort();
  const settings = {
    ...port,
    ...parseScale(),
    ...parseNodePort(),
    ...parseBalancer(),
    ...parseTrafficPolicy(
      at("externalTrafficPolicy"),
      given("externalTrafficPolicy"),
      report,
    ),
    ...parseImage(),
    resources: parseResources(at("resources"), given("resources"), report),
    ...parseSidecar(),
    ...parseCallers(),
    ...parseNodeSelector(at("nodeSelector"), given("nodeSelector"), report),
    ...parseTolerations(at("tolerations"), given("tolerations"), report),
  };
  return type === "ExternalName"
    ? { type, externalName: String(externalName), ...port }
    : { type: type ?? "ClusterIP", ...settings };

  function parsePort() {
    const port = given("port");
    if (port === undefined) return {};
    if (isWhole(port, 1, 65_535)) return { port };
    wrong(at("port"), port, "it must be a whole number from 1 to 65535");
    return {};
  }

  function parseScale() {
    const replicas = given("replicas");
    const autoscale = given("autoscale");
    if (replicas !== undefined && !isWhole(replicas, 0))
      wrong(at("replicas"), replicas, "it must be a whole number, 0 or more");
    else if (Number(replicas) > mostPods)
      wrong(at("replicas"), replicas, `it must be ${mostPods} at most`);
    if (autoscale === undefined)
      return { replicas: isWhole(replicas, 0) ? replicas : defaultPods };
    if (replicas !== undefined)
      wrong(
        at("replicas"),
        replicas,
        `${at("autoscale")} is there too, and only one of the two can say how many pods there are; remove one (\`pulumi config rm --path 'marquee:${at("replicas")}'\`)`,
      );
    return { autoscale: parseAutoscale(at("autoscale"), autoscale, report) };
  }

  function parseNodePort() {
    const nodePort = given("nodePort");
    const { min, max } = nodePortRange;
    if (nodePort === undefined) return {};
    if (isWhole(nodePort, min, max)) return { nodePort };
    wrong(
      at("nodePort"),
      nodePort,
      `it must be a whole number from ${min} to ${max}`,
    );
    return {};
  }

  function parseBalancer() {
    const loadBalancer = given("loadBalancer");
    if (type !== "LoadBalancer") return {};
    return {
      loadBalancer:
        loadBalancer === undefined
          ? defaultLoadBalancer
          : parseLoadBalancer(at("loadBalancer"), loadBalancer, report),
    };
  }

  function parseImage() {
    const image = given("image");
    if (image === undefined) return {};
    if (!isImage(image)) wrong(at("image"), image, isImage.rule);
    return { image: String(image) }; // a wrong one, too: it is not to be built
  }

  function parseCallers() {
    const allowFrom = parseOutsideCallers(
      at("allowFrom"),
      given("allowFrom"),
      report,
    );
    return allowFrom.length > 0 ? { allowFrom } : {};
  }

  function parseSidecar() {
    const logSidecar = parseLogSidecar(
      ["services", name, "logSidecar"],
      given("logSidecar"),
      isEncrypted,
      report,
    );
    return logSidecar ? { logSidecar } : {};
  }
}
