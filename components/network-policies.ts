import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type OutsideCaller, peerOf } from "../config/allow-from.ts";
import { componentTypes, forcePatch, recommendedLabels } from "./naming.ts";

/** One service, as the network sees it. */
export interface NetworkService {
  name: string;
  /** The label `app` that its pods have. */
  app: string;
  /** The port that others call; none is called by nobody. */
  port?: number;
  /** The services it calls. */
  calls: readonly string[];
  /** What is there once it is to be found where it is now: only then callers are let there, and nowhere else. */
  readyResource: pulumi.Resource;
  /** Ports that it calls somewhere else, such as the one that its log is shipped to. @default none */
  egressPorts?: readonly number[];
  /** Pods of other namespaces that may call it, besides the services. @default none */
  allowFrom?: readonly OutsideCaller[];
  /** Who may call it: everybody, or the services alone that say they do; or it runs elsewhere, and is only called. */
  ingress: "public" | "internal" | "external";
}

export interface NetworkPathsArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  services: readonly NetworkService[];
}

/**
 * Which pods may talk to which: nobody to anybody, but along the paths that the services name, and to DNS. Kubelets' probes
 * and `kubectl port-forward` don't take the network's way. Only where the cluster enforces NetworkPolicy; the local one does.
 */
export class NetworkPolicies extends pulumi.ComponentResource {
  constructor(
    name: string,
    { namespace, services }: NetworkPathsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.networkPaths, name, {}, opts);
    const parent = this;
    createPolicy("default-deny", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    for (const service of services)
      if (service.ingress !== "external") {
        createPolicy(`${service.name}-network`, own(service), service);
        for (const called of services)
          if (service.calls.includes(called.name))
            createPolicy(
              `${service.name}-calls-${called.name}`,
              path(service, called),
              service,
              called.readyResource,
            );
      }
    this.registerOutputs();

    function createPolicy(
      name: string,
      spec: k8s.types.input.networking.v1.NetworkPolicySpec,
      service?: NetworkService,
      after?: pulumi.Resource,
    ) {
      new k8s.networking.v1.NetworkPolicy(
        name,
        {
          metadata: {
            name,
            namespace,
            ...(service && { labels: recommendedLabels(service.name) }),
            annotations: forcePatch,
          },
          spec,
        },
        { parent, ...(after && { dependsOn: after }) },
      );
    }

    /** Who may call a service, and what every service calls. */
    function own(service: NetworkService) {
      // One that runs elsewhere has no pods here to let in.
      const callers = services.filter(
        ({ calls, ingress }) =>
          ingress !== "external" && calls.includes(service.name),
      );
      return {
        podSelector: pods(service),
        policyTypes: ["Ingress", "Egress"],
        ingress:
          service.ingress === "public"
            ? [{ ports: portsOf(service) }]
            : // A rule without callers would be one for everybody.
              [
                ...callers.map((caller) => ({ podSelector: pods(caller) })),
                ...(service.allowFrom ?? []).map(peerOf),
              ].map((peer) => ({ from: [peer], ports: portsOf(service) })),
        egress: [
          // Wherever the cluster's DNS is: in kube-system, on the node, in the cloud.
          {
            ports: [
              { port: 53, protocol: "UDP" },
              { port: 53, protocol: "TCP" },
            ],
          },
          // A rule without ports would be one for every port.
          ...(service.egressPorts?.length
            ? [{ ports: service.egressPorts.map((port) => ({ port })) }]
            : []),
        ],
      };
    }
  }
}

/** That one service may call another, whose own policy has the other side of it. */
const path = (caller: NetworkService, called: NetworkService) => ({
  podSelector: pods(caller),
  policyTypes: ["Egress"],
  egress: [
    {
      // Somewhere else can be anywhere.
      ...(called.ingress === "external"
        ? {}
        : { to: [{ podSelector: pods(called) }] }),
      ports: portsOf(called),
    },
  ],
});

const pods = ({ app }: NetworkService) => ({ matchLabels: { app } });

/** Never an empty list, which would be every port. */
const portsOf = ({ name, port }: NetworkService) => {
  if (port === undefined)
    throw new Error(`${name} has no port to be called at`);
  return [{ port }];
};
