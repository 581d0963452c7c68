import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentTypes, ownership, recommendedLabels } from "./naming.ts";
import type { DeployedSettings } from "./service-settings.ts";

export interface MicroserviceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The image by digest. Its program listens on PORT and answers /livez and /readyz. */
  image: pulumi.Input<string>;
  /** The port that the pods listen on and that the Service has. */
  port: number;
  /** How it is reached, and by how many pods it is served. */
  settings: DeployedSettings;
  /** The program's environment, besides PORT. */
  env?: Record<string, pulumi.Input<string>>;
  /** The host where node ports answer, for `url`. @default a placeholder: any node's address does */
  nodeHost?: string | undefined;
}

/** Seconds that a pod goes on serving after Kubernetes decided to end it: load balancers learn of it meanwhile. */
const preStopSeconds = 5;

/** Seconds from that decision until a pod is killed. A drain takes the program 14 s at most (services/runtime/serve.ts). */
const gracePeriodSeconds = 30;

/** Seconds that a rollout may make no progress before it counts as failed; Pulumi waits a little longer, to report why. */
const progressDeadlineSeconds = 120;

/**
 * A service that runs here: a Deployment whose pods pass Pod Security `restricted`, and the Service that leads to them.
 * Objects have the names that people type: `auth-deployment`, `auth-service`, label `app: auth-service`.
 */
export class Microservice extends pulumi.ComponentResource {
  /** The image that the pods run, by digest. */
  readonly image: pulumi.Output<string>;
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /** What to open: inside the cluster for ClusterIP, from outside for NodePort and LoadBalancer. */
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: MicroserviceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.microservice, name, {}, opts);
    const { namespace, port, settings } = args;
    const selector = { app: `${name}-service` };
    const labels = { ...selector, ...recommendedLabels(name) };

    this.image = pulumi.output(args.image);
    const account = createServiceAccount(this);
    this.deployment = createDeployment(this);
    this.service = createService(this);
    this.url = url(this.service);
    this.registerOutputs({ image: this.image, url: this.url });

    /** The pods' identity, which may do nothing and has no token. */
    function createServiceAccount(parent: Microservice) {
      return new k8s.core.v1.ServiceAccount(
        name,
        {
          metadata: {
            name,
            namespace,
            labels: recommendedLabels(name),
            annotations: ownership,
          },
          automountServiceAccountToken: false,
        },
        { parent },
      );
    }

    function createDeployment(parent: Microservice) {
      return new k8s.apps.v1.Deployment(
        `${name}-deployment`,
        {
          metadata: {
            name: `${name}-deployment`,
            namespace,
            labels,
            annotations: ownership,
          },
          spec: {
            replicas: settings.replicas,
            selector: { matchLabels: selector },
            strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
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
                  },
                ],
                enableServiceLinks: false,
                terminationGracePeriodSeconds: gracePeriodSeconds,
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 65532,
                  runAsGroup: 65532,
                  seccompProfile: { type: "RuntimeDefault" },
                },
                containers: [container()],
              },
            },
          },
        },
        {
          parent,
          customTimeouts: { create: "3m", update: "3m", delete: "2m" },
        },
      );
    }

    function container(): k8s.types.input.core.v1.Container {
      const probe = (path: string) => ({ httpGet: { path, port: "http" } });
      return {
        name,
        image: args.image,
        ports: [{ name: "http", containerPort: port }],
        env: Object.entries({ PORT: `${port}`, ...args.env }).map(
          ([name, value]) => ({ name, value }),
        ),
        // Started when it first answers; asked less often from then on. Alive says nothing of what it depends on.
        startupProbe: {
          ...probe("/livez"),
          periodSeconds: 1,
          failureThreshold: 60,
        },
        readinessProbe: { ...probe("/readyz"), periodSeconds: 1 },
        livenessProbe: {
          ...probe("/livez"),
          periodSeconds: 10,
          timeoutSeconds: 5,
        },
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        // An idle pod takes 5 m of a core and 34 MiB (kubectl top); one core is all that a Node.js process can use.
        resources: {
          requests: { cpu: "50m", memory: "96Mi" },
          limits: { cpu: "1", memory: "256Mi" },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      };
    }

    function createService(parent: Microservice) {
      return new k8s.core.v1.Service(
        `${name}-service`,
        {
          metadata: {
            name: `${name}-service`,
            namespace,
            labels,
            // The Deployment is awaited; a Service's endpoints would take 10 s more to count as settled.
            annotations: {
              ...ownership,
              ...(settings.type === "LoadBalancer"
                ? {}
                : { "pulumi.com/skipAwait": "true" }),
            },
          },
          spec: {
            type: settings.type,
            selector,
            ports: [
              {
                name: "http",
                port,
                targetPort: "http",
                ...(settings.nodePort === undefined
                  ? {}
                  : { nodePort: settings.nodePort }),
              },
            ],
          },
        },
        {
          parent,
          // A service that comes back from elsewhere keeps its Service object.
          aliases: [
            { parent: pulumi.createUrn(name, componentTypes.externalService) },
          ],
          customTimeouts: { create: "2m", update: "2m", delete: "2m" },
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
              return `http://${metadata.name}.${metadata.namespace}.svc:${port}`;
            case "NodePort":
              return `http://${args.nodeHost ?? "<a node's address>"}:${nodePort ?? "<pending>"}`;
            case "LoadBalancer":
              return `http://${outside?.ip ?? outside?.hostname ?? "<pending>"}:${port}`;
          }
        });
    }
  }
}
