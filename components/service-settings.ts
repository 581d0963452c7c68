import { list, type Report, suggestion } from "./mistakes.ts";

/** The types of a Kubernetes Service, as stack config names them. */
const serviceTypes = [
  "ClusterIP",
  "NodePort",
  "LoadBalancer",
  "ExternalName",
] as const;

/** What runs in this cluster: built, deployed, and reached through a Service of one of three types. */
export interface DeployedSettings {
  type: Exclude<(typeof serviceTypes)[number], "ExternalName">;
  /** How many pods. @default 2, so that a node may go away */
  replicas: number;
  /** Only with NodePort; left out, Kubernetes picks a free one. */
  nodePort?: number;
}

/** What runs elsewhere: a DNS name for it, nothing built and nothing deployed. */
export interface ExternalSettings {
  type: "ExternalName";
  externalName: string;
}

export type ServiceSettings = DeployedSettings | ExternalSettings;

/** Who may call a service, by its type: one that has an address outside is for everybody. */
export const networkReach = ({ type }: ServiceSettings) =>
  type === "ExternalName"
    ? "elsewhere"
    : type === "ClusterIP"
      ? "callers"
      : "everybody";

/** Kubernetes' default range of node ports. */
const nodePortRange = { min: 30_000, max: 32_767 };

/** A DNS name as Kubernetes takes it; an address would be taken for a name, and never found. */
const hostPattern =
  /^(?=.{1,253}$)(?!.*\.\d+\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\.?$/;

/** Checks `marquee:services`: of each service that exists, what its map says. */
export function parseServices<Name extends string>(
  raw: unknown,
  names: readonly Name[],
  report: Report,
): Record<Name, ServiceSettings> {
  const given = raw === undefined ? {} : raw;
  if (!isMap(given)) {
    report.wrong("services", raw, `it must be a map with ${list(names)}`);
    return parseServices({}, names, report);
  }
  report.known("services.", given, names, "a service");
  const takenBy = new Map<number, string>();
  return Object.fromEntries(
    names.map((name) => {
      const settings = parseService(name, given[name] ?? {}, report);
      if ("nodePort" in settings && settings.nodePort !== undefined) {
        const other = takenBy.get(settings.nodePort);
        if (other)
          report.wrong(
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
  { wrong, known }: Report,
): ServiceSettings {
  const at = (key: string) => `services.${name}.${key}`;
  const fallback: DeployedSettings = { type: "ClusterIP", replicas: 2 };
  if (!isMap(raw)) {
    wrong(
      `services.${name}`,
      raw,
      "it must be a map, such as { type: ClusterIP, replicas: 2 }",
    );
    return fallback;
  }
  known(
    `services.${name}.`,
    raw,
    ["type", "replicas", "nodePort", "externalName"],
    "a setting of a service",
  );
  const type = serviceTypes.find(
    (known) => known === (raw.type ?? "ClusterIP"),
  );
  if (!type) {
    wrong(
      at("type"),
      raw.type,
      `it must be ${list(serviceTypes, "or")}`,
      suggestion(String(raw.type), serviceTypes),
    );
  }

  if (raw.replicas !== undefined && !isWhole(raw.replicas, 0))
    wrong(at("replicas"), raw.replicas, "it must be a whole number, 0 or more");
  if (
    raw.nodePort !== undefined &&
    !isWhole(raw.nodePort, nodePortRange.min, nodePortRange.max)
  )
    wrong(
      at("nodePort"),
      raw.nodePort,
      `it must be a whole number from ${nodePortRange.min} to ${nodePortRange.max}`,
    );
  if (raw.nodePort !== undefined && type && type !== "NodePort")
    wrong(
      at("nodePort"),
      raw.nodePort,
      `only a service of type NodePort has one, and ${at("type")} is ${type}`,
    );
  if (raw.externalName !== undefined && type && type !== "ExternalName")
    wrong(
      at("externalName"),
      raw.externalName,
      `only a service of type ExternalName has one, and ${at("type")} is ${type}`,
    );

  if (type === "ExternalName") {
    if (raw.replicas !== undefined)
      wrong(
        at("replicas"),
        raw.replicas,
        "a service of type ExternalName runs elsewhere and has no pods here",
      );
    if (
      typeof raw.externalName !== "string" ||
      !hostPattern.test(raw.externalName)
    )
      wrong(
        at("externalName"),
        raw.externalName,
        "a service of type ExternalName needs the DNS name, in small letters, of the host to lead to, such as auth.example.com",
      );
    return { type, externalName: String(raw.externalName) };
  }
  return {
    type: type ?? fallback.type,
    replicas: isWhole(raw.replicas, 0) ? raw.replicas : fallback.replicas,
    ...(isWhole(raw.nodePort, nodePortRange.min, nodePortRange.max)
      ? { nodePort: raw.nodePort }
      : {}),
  };
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWhole = (
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): value is number =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
