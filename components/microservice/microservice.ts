import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PodVolume } from "../../config/media.ts";
import type { DeployedSettings } from "../../config/service.ts";
import {
  createGeneratedSecret,
  type EnvValue,
  type GeneratedValues,
} from "../generated-secret.ts";
import { componentTypes, forcePatch, recommendedLabels } from "../naming.ts";
import { podSecurity } from "../pod-security.ts";
import { createSecret } from "../secret.ts";
import { serviceUrl } from "../service-url.ts";
import { createAutoscaler, defaultPods } from "./autoscaler.ts";
import { createContainer } from "./container.ts";
import { createDisruptionBudget } from "./disruption-budget.ts";
import { createHeadersSecret, logShipper, logSidecar } from "./log-sidecar.ts";

export interface MicroserviceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The image by digest. Its program listens on PORT and answers /livez and /readyz. */
  image: pulumi.Input<string>;
  /** The port that the pods listen on. */
  port: number;
  /** How it is reached, by how many pods it is served, and what they get. */
  settings: DeployedSettings;
  /** The Secret that the pods' images are pulled with. @default none */
  pullSecret?: pulumi.Input<string> | undefined;
  /** The image of the log sidecar; only with `settings.logSidecar`. */
  logShipper?: pulumi.Input<string> | undefined;
  /** The program's environment, besides PORT. */
  env?: Record<string, EnvValue>;
  /** Variables with a value that nobody thinks of: generated once, unless `secrets` has one. */
  generatedSecrets?: readonly string[] | undefined;
  /** Values that were generated before, to go on with. @default none */
  generatedValues?: GeneratedValues | undefined;
  /** What the program finds in its file system, besides its image. @default nothing */
  volumes?: readonly PodVolume[] | undefined;
  /** More of its environment, which nobody may read. */
  secrets?: Record<string, string> | undefined;
  /** What has to be there before pods start, such as the service's database. */
  after?: pulumi.Resource | undefined;
  /** The host where node ports answer, for `url`. @default a placeholder: any node's address does */
  nodeHost?: string | undefined;
}

/**
 * Seconds from the decision to end a pod until it is killed: 5 s of the preStop hook, 14 s at most that the program drains
 * (packages/service-kit/http/serve.ts), and then 8.5 s at most of the log sidecar (services/log-shipper/ship.ts).
 */
const gracePeriodSeconds = 30;

/** Seconds that a rollout may make no progress before it counts as failed; Pulumi waits a little longer, to report why. */
const progressDeadlineSeconds = 120;

/**
 * A service that runs here: a Deployment whose pods pass Pod Security `restricted`, and the Service that leads to them.
 * Objects have the names that people type: `auth-deployment`, `auth-service`, label `app: auth-service`.
 */
export class Microservice extends pulumi.ComponentResource {
  /** The images that the pods run, by digest, and by the name of their program. */
  readonly images: Record<string, pulumi.Output<string>>;
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /** What is there once the service is to be found here. Not a load balancer's address, which may take minutes. */
  readonly readyResource: pulumi.Resource;
  /** What to open: inside the cluster for ClusterIP, from outside for NodePort and LoadBalancer. */
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: MicroserviceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.microservice, name, {}, opts);
    const parent = this;
    const { namespace, port, settings } = args;
    const servicePort = settings.port ?? port;
    const selector = { app: `${name}-service` };
    const labels = { ...selector, ...recommendedLabels(name) };
    const sidecar =
      settings.logSidecar && args.logShipper
        ? logSidecar(
            name,
            settings.logSidecar,
            args.logShipper,
            settings.logSidecar.headers &&
              createHeadersSecret(
                name,
                namespace,
                settings.logSidecar.headers,
                { parent },
              ),
          )
        : undefined;
    const volumes = [...(args.volumes ?? [])];
    const mounts = [
      ...volumes.map(({ mount }) => mount),
      ...(sidecar?.volumeMounts ?? []),
    ];

    this.images = {
      [name]: pulumi.output(args.image),
      ...(sidecar && { [logShipper]: pulumi.output(sidecar.container.image) }),
    } as Record<string, pulumi.Output<string>>;
    const account = createServiceAccount();
    const secret =
      args.secrets &&
      createSecret(
        `${name}-secrets`,
        { namespace, owner: name, values: args.secrets },
        { parent },
      );
    const generated = createGenerated();
    this.deployment = createDeployment();
    createDisruptionBudget(name, namespace, selector, {
      parent,
      dependsOn: this.deployment,
    });
    if (settings.autoscale)
      createAutoscaler(name, this.deployment, settings.autoscale, { parent });
    this.service = createService(this.deployment);
    this.readyResource =
      settings.type === "LoadBalancer" ? this.deployment : this.service;
    this.url = url(this.service);
    this.registerOutputs({ images: this.images, url: this.url });

    /** The pods' identity, which may do nothing and has no token. */
    function createServiceAccount() {
      return new k8s.core.v1.ServiceAccount(
        name,
        {
          metadata: {
            name,
            namespace,
            labels: recommendedLabels(name),
            annotations: forcePatch,
          },
          automountServiceAccountToken: false,
          ...(args.pullSecret && {
            imagePullSecrets: [{ name: args.pullSecret }],
          }),
        },
        { parent },
      );
    }

    function createGenerated() {
      const names = (args.generatedSecrets ?? []).filter(
        (variable) => !args.secrets?.[variable],
      );
      return Object.fromEntries(
        names.map((variable) => [
          variable,
          createGeneratedSecret(
            `${name}-${variable.toLowerCase().replaceAll("_", "-")}`,
            { namespace, owner: name, existing: args.generatedValues },
            { parent },
          ),
        ]),
      );
    }

    function createDeployment() {
      return new k8s.apps.v1.Deployment(
        `${name}-deployment`,
        {
          metadata: {
            name: `${name}-deployment`,
            namespace,
            labels,
            annotations: forcePatch,
          },
          spec: {
            ...(settings.autoscale
              ? {}
              : { replicas: settings.replicas ?? defaultPods }),
            selector: { matchLabels: selector },
            // A quarter at a time, one at least, so that a hundred pods take no longer than four.
            strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
            progressDeadlineSeconds,
            template: {
              metadata: { labels },
              spec: {
                serviceAccountName: account.metadata.name,
                automountServiceAccountToken: false,
                // Over nodes as evenly as can be; on one node, all on it.
                topologySpreadConstraints: [
                  {
                    maxSkew: 1,
                    topologyKey: "kubernetes.io/hostname",
                    whenUnsatisfiable: "ScheduleAnyway",
                    labelSelector: { matchLabels: selector },
                    matchLabelKeys: ["pod-template-hash"], // a rollout's new pods among themselves
                  },
                ],
                ...(settings.nodeSelector && {
                  nodeSelector: settings.nodeSelector,
                }),
                ...(settings.tolerations && {
                  tolerations: [...settings.tolerations],
                }),
                enableServiceLinks: false,
                terminationGracePeriodSeconds: gracePeriodSeconds,
                securityContext: podSecurity,
                containers: [
                  createContainer(name, {
                    ...args,
                    env: {
                      PORT: `${port}`,
                      ...args.env,
                      ...generated,
                      ...sidecar?.env,
                    },
                    secret: secret?.metadata.name,
                    volumeMounts: mounts.length > 0 ? mounts : undefined,
                  }),
                ],
                ...(sidecar && { initContainers: [sidecar.container] }),
                ...(mounts.length > 0 && {
                  volumes: [
                    ...volumes.map(({ volume }) => volume),
                    ...(sidecar ? [sidecar.volume] : []),
                  ],
                }),
              },
            },
          },
        },
        {
          parent,
          // Where the autoscaler decides, Pulumi leaves the number as it is, also in the update that hands it over.
          ...(settings.autoscale && { ignoreChanges: ["spec.replicas"] }),
          ...(args.after && { dependsOn: args.after }),
          customTimeouts: { create: "3m", update: "3m", delete: "2m" },
        },
      );
    }

    function createService(deployment: k8s.apps.v1.Deployment) {
      const { type, nodePort, loadBalancer, externalTrafficPolicy } = settings;
      const seconds = loadBalancer?.timeoutSeconds ?? 120;
      return new k8s.core.v1.Service(
        `${name}-service`,
        {
          metadata: {
            name: `${name}-service`,
            namespace,
            labels,
            annotations: {
              ...loadBalancer?.annotations,
              ...forcePatch,
              // The Deployment is awaited already: an address is all that is left to wait for.
              ...(loadBalancer ? {} : { "pulumi.com/skipAwait": "true" }),
            },
          },
          spec: {
            type,
            selector,
            ports: [
              {
                name: "http",
                port: servicePort,
                targetPort: "http",
                ...(nodePort === undefined ? {} : { nodePort }),
              },
            ],
            ...(externalTrafficPolicy && { externalTrafficPolicy }),
            ...(loadBalancer?.sourceRanges && {
              loadBalancerSourceRanges: loadBalancer.sourceRanges,
            }),
          },
        },
        {
          parent,
          // A service that comes back from elsewhere keeps its Service object, which leads there until pods are ready.
          aliases: [
            { parent: pulumi.createUrn(name, componentTypes.externalService) },
          ],
          dependsOn: deployment,
          customTimeouts: {
            create: `${seconds}s`,
            update: `${seconds}s`,
            // A cloud lets a Service go when its load balancer is gone, which takes as long.
            delete: `${Math.max(seconds, 120)}s`,
          },
        },
      );
    }

    function url(service: k8s.core.v1.Service): pulumi.Output<string> {
      return pulumi
        .all([service.metadata, service.spec, service.status])
        .apply(([metadata, spec, status]) => {
          const outside = status?.loadBalancer?.ingress?.[0];
          const nodePort = spec.ports?.[0]?.nodePort;
          switch (settings.type) {
            case "ClusterIP":
              return serviceUrl(
                `${metadata.name}.${metadata.namespace}.svc`,
                servicePort,
              );
            case "NodePort":
              return `http://${args.nodeHost ?? "<a node's address>"}:${nodePort ?? "<pending>"}`;
            case "LoadBalancer": {
              const host = outside?.ip ?? outside?.hostname ?? "<pending>";
              // On 443, TLS ends at the load balancer: pods speak HTTP.
              return servicePort === 443
                ? `https://${host}`
                : serviceUrl(host, servicePort);
            }
          }
        });
    }
  }
}
