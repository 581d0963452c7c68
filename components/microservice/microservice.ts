import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AutoscaleSettings } from "../../config/autoscaling.ts";
import { logShipper } from "../../config/images.ts";
import type { LoadBalancerSettings } from "../../config/load-balancer.ts";
import type { LogSidecarSettings } from "../../config/log-sidecar.ts";
import type { TrafficPolicy } from "../../config/traffic-policy.ts";
import type { EnvValue } from "../container-environment.ts";
import {
  createGeneratedSecrets,
  type GeneratedValues,
} from "../generated-secret.ts";
import { componentTypes, forcePatch, recommendedLabels } from "../naming.ts";
import { createSecret } from "../secret.ts";
import { createAutoscaler } from "./autoscaler.ts";
import { serviceContainer } from "./container.ts";
import { createDeployment } from "./deployment.ts";
import { createDisruptionBudget } from "./disruption-budget.ts";
import { createLogSidecar } from "./log-sidecar.ts";
import type { PodVolume } from "./pod-volume.ts";
import { createService, type ServiceType, urlOf } from "./service.ts";

export interface MicroserviceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The image by digest. Its program listens on PORT and answers /livez and /readyz. */
  image: pulumi.Input<string>;
  /** The port that the pods listen on. */
  containerPort: number;
  /** The type of the Service. */
  type: ServiceType;
  /** The port of the Service. @default containerPort */
  port?: number | undefined;
  /** Only with NodePort. @default Kubernetes picks a free one */
  nodePort?: pulumi.Input<number> | undefined;
  /** Only with NodePort and LoadBalancer. @default Kubernetes' Cluster, which hides clients' addresses */
  externalTrafficPolicy?: TrafficPolicy | undefined;
  /** Only with LoadBalancer. */
  loadBalancer?: LoadBalancerSettings | undefined;
  /** The number of pods. Ignored with `autoscale`. @default 2 */
  replicas?: pulumi.Input<number> | undefined;
  /** Scales the number of pods with their CPU usage. @default a fixed number */
  autoscale?: AutoscaleSettings | undefined;
  /** The resources of the service's container. */
  resources: pulumi.Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** Labels that a node must have. @default none */
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Taints that nodes may have. @default none */
  tolerations?:
    | pulumi.Input<pulumi.Input<k8s.types.input.core.v1.Toleration>[]>
    | undefined;
  /** Ships the service's log. Requires `logShipperImage`. @default the log goes to standard output */
  logSidecar?: LogSidecarSettings | undefined;
  /** The image of the log sidecar, by digest. Without `logSidecar`, it has no effect. */
  logShipperImage?: pulumi.Input<string> | undefined;
  /** The name of the Secret for pulling images. @default none */
  pullSecret?: pulumi.Input<string> | undefined;
  /** The program's environment, besides PORT. @default none */
  env?: Record<string, EnvValue> | undefined;
  /** Secret environment variables. @default none */
  secrets?: Record<string, pulumi.Input<string>> | undefined;
  /** Environment variables with a randomly generated value, unless `secrets` sets one. @default none */
  generatedSecrets?: readonly string[] | undefined;
  /** Values that earlier deployments generated, to keep. @default none */
  generatedValues?: GeneratedValues | undefined;
  /** Volumes of the pods. @default none */
  volumes?: readonly PodVolume[] | undefined;
  /** The resource that pods need from their start, such as the service's database. @default none */
  startAfter?: pulumi.Resource | undefined;
  /** The host of node ports, for `url`. @default a placeholder, as any node's address works */
  nodeHost?: string | undefined;
}

/**
 * A service that runs in this cluster: a Deployment whose pods pass Pod Security `restricted`, and the Service in front
 * of them. Objects have predictable names, for kubectl: `auth-deployment`, `auth-service`, label `app: auth-service`.
 */
export class Microservice extends pulumi.ComponentResource {
  /** The images that the pods run, by digest, and by the name of their program. */
  readonly images: Record<string, pulumi.Output<string>>;
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /**
   * The resource to depend on once the service resolves in the cluster; for LoadBalancer the Deployment, because an
   * external address can take minutes.
   */
  readonly readyResource: pulumi.Resource;
  /** The URL to open: inside the cluster for ClusterIP, outside for NodePort and LoadBalancer. */
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: MicroserviceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.microservice, name, {}, opts);
    const child = { parent: this };
    const { namespace, secrets, generatedValues, volumes = [] } = args;
    const port = args.port ?? args.containerPort;
    const selector = { app: `${name}-service` };
    const labels = { ...selector, ...recommendedLabels(name) };

    const account = createServiceAccount(
      name,
      namespace,
      args.pullSecret,
      child,
    );
    const secret =
      secrets &&
      createSecret(
        `${name}-secrets`,
        { namespace, owner: name, values: secrets },
        child,
      );
    const generated = createGeneratedSecrets(
      (args.generatedSecrets ?? []).filter((variable) => !secrets?.[variable]),
      { namespace, owner: name, existing: generatedValues },
      child,
    );
    const logSidecar =
      args.logSidecar && args.logShipperImage
        ? createLogSidecar(
            name,
            { namespace, image: args.logShipperImage, ...args.logSidecar },
            child,
          )
        : undefined;
    const podVolumes = logSidecar ? [...volumes, logSidecar.volume] : volumes;
    const container = serviceContainer(name, {
      image: args.image,
      port: args.containerPort,
      env: {
        PORT: `${args.containerPort}`,
        ...args.env,
        ...generated,
        ...logSidecar?.env,
      },
      envFromSecret: secret?.metadata.name,
      resources: args.resources,
      volumeMounts: podVolumes.map(({ mount }) => mount),
    });
    this.deployment = createDeployment(
      name,
      {
        namespace,
        labels,
        selector,
        replicas: args.replicas,
        isAutoscaled: args.autoscale !== undefined,
        serviceAccountName: account.metadata.name,
        container,
        logSidecar,
        volumes: podVolumes,
        nodeSelector: args.nodeSelector,
        tolerations: args.tolerations,
      },
      { ...child, ...(args.startAfter && { dependsOn: args.startAfter }) },
    );
    createDisruptionBudget(name, namespace, selector, {
      ...child,
      dependsOn: this.deployment,
    });
    if (args.autoscale)
      createAutoscaler(name, this.deployment, args.autoscale, child);
    this.service = createService(
      name,
      {
        namespace,
        labels,
        selector,
        type: args.type,
        port,
        nodePort: args.nodePort,
        externalTrafficPolicy: args.externalTrafficPolicy,
        loadBalancer: args.loadBalancer,
      },
      {
        ...child,
        // A service that moves into the cluster keeps its Service object, which points elsewhere until pods are ready.
        aliases: [
          { parent: pulumi.createUrn(name, componentTypes.externalService) },
        ],
        dependsOn: this.deployment,
      },
    );

    this.images = {
      [name]: pulumi.output(args.image),
      ...(logSidecar && { [logShipper]: pulumi.output(logSidecar.image) }),
    };
    this.readyResource =
      args.type === "LoadBalancer" ? this.deployment : this.service;
    this.url = urlOf(this.service, args.type, port, args.nodeHost);
    this.registerOutputs({ images: this.images, url: this.url });
  }
}

/** Creates the pods' identity, which has no permissions and no token. */
const createServiceAccount = (
  name: string,
  namespace: pulumi.Input<string>,
  pullSecret: pulumi.Input<string> | undefined,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ServiceAccount =>
  new k8s.core.v1.ServiceAccount(
    name,
    {
      metadata: {
        name,
        namespace,
        labels: recommendedLabels(name),
        annotations: forcePatch,
      },
      automountServiceAccountToken: false,
      ...(pullSecret && { imagePullSecrets: [{ name: pullSecret }] }),
    },
    opts,
  );
