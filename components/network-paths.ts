import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentTypes, ownership, recommendedLabels } from "./naming.ts";

/** One service, as the network sees it. */
export interface NetworkService {
  name: string;
  port: number;
  /** The services it calls. */
  calls: readonly string[];
  /** What is there once it is to be found where it is now: only then callers are let there, and nowhere else. */
  arrival: pulumi.Resource;
  /** A port that it calls somewhere else, such as the one that its log is shipped to. */
  outside?: number | undefined;
  /** Who may call it: everybody, or the services alone that say they do; or it runs elsewhere, and is only called. */
  reach: "everybody" | "callers" | "elsewhere";
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
export class NetworkPaths extends pulumi.ComponentResource {
  constructor(
    name: string,
    { namespace, services }: NetworkPathsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.networkPaths, name, {}, opts);
    createDefaultDeny(this);
    for (const service of services)
      if (service.reach !== "elsewhere") {
        createPolicy(this, service);
        for (const called of services)
          if (service.calls.includes(called.name))
            createPath(this, service, called);
      }
    this.registerOutputs();

    function createDefaultDeny(parent: NetworkPaths) {
      new k8s.networking.v1.NetworkPolicy(
        "default-deny",
        {
          metadata: {
            name: "default-deny",
            namespace,
            annotations: ownership,
          },
          spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
        },
        { parent },
      );
    }

    /** Who may call a service, and what every service calls. */
    function createPolicy(parent: NetworkPaths, service: NetworkService) {
      const callers = services.filter(({ calls }) =>
        calls.includes(service.name),
      );
      new k8s.networking.v1.NetworkPolicy(
        `${service.name}-network`,
        {
          metadata: {
            name: `${service.name}-network`,
            namespace,
            labels: recommendedLabels(service.name),
            annotations: ownership,
          },
          spec: {
            podSelector: pods(service.name),
            policyTypes: ["Ingress", "Egress"],
            ingress:
              service.reach === "everybody"
                ? [{ ports: [{ port: service.port }] }]
                : // A rule without callers would be one for everybody.
                  callers.map(({ name }) => ({
                    from: [{ podSelector: pods(name) }],
                    ports: [{ port: service.port }],
                  })),
            egress: [
              // Wherever the cluster's DNS is: in kube-system, on the node, in the cloud.
              {
                ports: [
                  { port: 53, protocol: "UDP" },
                  { port: 53, protocol: "TCP" },
                ],
              },
              ...(service.outside === undefined
                ? []
                : [{ ports: [{ port: service.outside }] }]),
            ],
          },
        },
        { parent },
      );
    }

    /** That one service may call another, whose own policy has the other side of it. */
    function createPath(
      parent: NetworkPaths,
      caller: NetworkService,
      called: NetworkService,
    ) {
      const name = `${caller.name}-calls-${called.name}`;
      new k8s.networking.v1.NetworkPolicy(
        name,
        {
          metadata: {
            name,
            namespace,
            labels: recommendedLabels(caller.name),
            annotations: ownership,
          },
          spec: {
            podSelector: pods(caller.name),
            policyTypes: ["Egress"],
            egress: [
              {
                // Somewhere else can be anywhere.
                ...(called.reach === "elsewhere"
                  ? {}
                  : { to: [{ podSelector: pods(called.name) }] }),
                ports: [{ port: called.port }],
              },
            ],
          },
        },
        { parent, dependsOn: called.arrival },
      );
    }
  }
}

const pods = (service: string) => ({
  matchLabels: { app: `${service}-service` },
});
