import type * as pulumi from "@pulumi/pulumi";
import { logShipper } from "../config/images.ts";
import type { ServiceSettings } from "../config/service.ts";
import { serviceNetwork } from "../config/service-network.ts";
import type { EnvValue } from "./container-environment.ts";
import { ExternalService } from "./external-service.ts";
import type { GeneratedValues } from "./generated-secret.ts";
import type { ImageSource } from "./images/image-source.ts";
import { Microservice } from "./microservice/microservice.ts";
import type { PodVolume } from "./microservice/pod-volume.ts";
import type { PolicySubject } from "./network-policies.ts";
import type { Postgres } from "./postgres/postgres.ts";

export interface DeployServiceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The service's part of the stack's configuration. */
  settings: ServiceSettings;
  /** The port that its pods listen on. */
  port: number;
  /** The services that it calls. */
  calls: readonly string[];
  env: Record<string, EnvValue>;
  /** The database that it uses. @default none */
  database?: Postgres | undefined;
  secrets?: Record<string, string> | undefined;
  generatedSecrets: readonly string[];
  generatedValues: GeneratedValues;
  /** Ports outside of the stack that it calls. @default none */
  egressPorts?: readonly number[] | undefined;
  /** @default none */
  volumes?: readonly PodVolume[] | undefined;
  imageOf: ImageSource;
  pullSecret?: pulumi.Input<string> | undefined;
  nodeHost?: string | undefined;
}

export interface DeployedService {
  url: pulumi.Output<string>;
  /** The images that its pods run, by the name of their program. None if it runs elsewhere. */
  images: Record<string, pulumi.Output<string>>;
  /** Its callers and calls. */
  network: PolicySubject;
}

/** Deploys a service: its pods and a Service in front of them or, if it runs elsewhere, a DNS name for it. */
export function deployService(
  name: string,
  args: DeployServiceArgs,
  opts: pulumi.ComponentResourceOptions,
): DeployedService {
  const { settings, database } = args;
  const service =
    settings.type === "ExternalName"
      ? new ExternalService(
          name,
          {
            namespace: args.namespace,
            externalName: settings.externalName,
            port: settings.port ?? args.port,
          },
          opts,
        )
      : new Microservice(
          name,
          {
            ...settings,
            namespace: args.namespace,
            image: args.imageOf(name),
            containerPort: args.port,
            logShipperImage: settings.logSidecar && args.imageOf(logShipper),
            pullSecret: args.pullSecret,
            env: { ...args.env, ...database?.variables(name) },
            secrets: args.secrets,
            generatedSecrets: args.generatedSecrets,
            generatedValues: args.generatedValues,
            volumes: args.volumes,
            startAfter: database?.provisioned,
            nodeHost: args.nodeHost,
          },
          opts,
        );
  return {
    url: service.url,
    images: service instanceof Microservice ? service.images : {},
    network: {
      name,
      app: `${name}-service`,
      port: args.port,
      calls: database ? [...args.calls, "postgres"] : args.calls,
      readyResource: service.readyResource,
      ...serviceNetwork(settings, args.egressPorts),
    },
  };
}
