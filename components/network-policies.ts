import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { OutsideCaller } from "../config/allow-from.ts";
import { componentTypes, forcePatch, recommendedLabels } from "./naming.ts";

/** A service's callers and calls. */
export interface PolicySubject {
  name: string;
  /** The label `app` of its pods. */
  app: string;
  /** The port that callers connect to. @default no service may call it */
  port?: number | undefined;
  /** The services that it calls. */
  calls: readonly string[];
  /**
   * Resource that exists once the service is reachable at its current address. Callers' egress policies depend on it.
   */
  readyResource: pulumi.Resource;
  /** Ports outside of the stack that it calls, such as its log endpoint's. @default none */
  egressPorts?: readonly number[] | undefined;
  /** Pods of other namespaces that may call it. @default none */
  allowFrom?: readonly OutsideCaller[] | undefined;
  /**
   * Its callers: anyone, or only the services that call it; an external service runs elsewhere, and has no policies.
   */
  ingress: "public" | "internal" | "external";
}

export interface NetworkPoliciesArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  services: readonly PolicySubject[];
}

type PolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;
type PolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/**
 * Default-deny NetworkPolicies in both directions, plus one rule per declared call and DNS. Kubelet probes and
 * `kubectl port-forward` bypass NetworkPolicy. They have no effect in clusters that don't enforce NetworkPolicy; the
 * local cluster does.
 */
export class NetworkPolicies extends pulumi.ComponentResource {
  constructor(
    name: string,
    { namespace, services }: NetworkPoliciesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.networkPolicies, name, {}, opts);
    const create = (
      policyName: string,
      spec: PolicySpec,
      service?: PolicySubject,
      dependsOn?: pulumi.Resource,
    ) =>
      new k8s.networking.v1.NetworkPolicy(
        policyName,
        {
          metadata: {
            name: policyName,
            namespace,
            ...(service && { labels: recommendedLabels(service.name) }),
            annotations: forcePatch,
          },
          spec,
        },
        { parent: this, ...(dependsOn && { dependsOn }) },
      );

    create("default-deny", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    // An external service has no pods here.
    const deployed = services.filter(({ ingress }) => ingress !== "external");
    for (const service of deployed) {
      const callers = deployed.filter(({ calls }) =>
        calls.includes(service.name),
      );
      create(`${service.name}-network`, ownPolicy(service, callers), service);
      for (const called of services)
        if (service.calls.includes(called.name))
          create(
            `${service.name}-calls-${called.name}`,
            callPolicy(service, called),
            service,
            called.readyResource,
          );
    }
    this.registerOutputs();
  }
}

/** A service's ingress, and the egress that does not depend on other services. */
const ownPolicy = (
  service: PolicySubject,
  callers: readonly PolicySubject[],
): PolicySpec => ({
  podSelector: podsOf(service),
  policyTypes: ["Ingress", "Egress"],
  ingress:
    service.ingress === "public"
      ? [{ ports: portsOf(service) }]
      : // One rule per caller: a rule without callers would admit everyone.
        [
          ...callers.map((caller) => ({ podSelector: podsOf(caller) })),
          ...(service.allowFrom ?? []).map(peerOf),
        ].map((peer) => ({ from: [peer], ports: portsOf(service) })),
  egress: [
    // DNS at any address: it may run in kube-system, on the node or in the cloud.
    {
      ports: [
        { port: 53, protocol: "UDP" },
        { port: 53, protocol: "TCP" },
      ],
    },
    // A rule without ports would allow every port.
    ...(service.egressPorts?.length
      ? [{ ports: service.egressPorts.map((port) => ({ port })) }]
      : []),
  ],
});

/** The egress of one call. The called service's own policy has the ingress. */
const callPolicy = (
  caller: PolicySubject,
  called: PolicySubject,
): PolicySpec => ({
  podSelector: podsOf(caller),
  policyTypes: ["Egress"],
  egress: [
    {
      // An external service may have any address.
      ...(called.ingress !== "external" && {
        to: [{ podSelector: podsOf(called) }],
      }),
      ports: portsOf(called),
    },
  ],
});

const podsOf = ({ app }: PolicySubject) => ({ matchLabels: { app } });

/** Never an empty list, which would allow every port. */
function portsOf({ name, port }: PolicySubject) {
  if (port === undefined)
    throw new Error(`${name} is called by others, and has no port`);
  return [{ port }];
}

/** Kubernetes sets this label of each namespace to its name. */
const namespaceLabel = "kubernetes.io/metadata.name";

const peerOf = ({ namespace, podLabels }: OutsideCaller): PolicyPeer => ({
  namespaceSelector: { matchLabels: { [namespaceLabel]: namespace } },
  ...(podLabels && { podSelector: { matchLabels: podLabels } }),
});
