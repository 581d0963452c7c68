import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { LoadBalancerSettings } from "../../config/load-balancer.ts";
import type { TrafficPolicy } from "../../config/traffic-policy.ts";
import { forcePatch } from "../naming.ts";
import { serviceUrl } from "../service-url.ts";

/** The types of a Service with pods in this cluster. */
export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer";

export interface ServiceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  /** The labels that select the pods. */
  selector: Record<string, string>;
  type: ServiceType;
  port: number;
  nodePort?: pulumi.Input<number> | undefined;
  externalTrafficPolicy?: TrafficPolicy | undefined;
  loadBalancer?: LoadBalancerSettings | undefined;
}

/** Seconds that Pulumi waits for a Service without a load balancer. */
const defaultTimeoutSeconds = 120;

export function createService(
  name: string,
  args: ServiceArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  const { type, port, nodePort, externalTrafficPolicy, loadBalancer } = args;
  const timeoutSeconds = loadBalancer?.timeoutSeconds ?? defaultTimeoutSeconds;
  return new k8s.core.v1.Service(
    `${name}-service`,
    {
      metadata: {
        name: `${name}-service`,
        namespace: args.namespace,
        labels: args.labels,
        annotations: {
          ...loadBalancer?.annotations,
          ...forcePatch,
          // Pulumi already waits for the Deployment, so only a load balancer's address is left to wait for.
          ...(!loadBalancer && { "pulumi.com/skipAwait": "true" }),
        },
      },
      spec: {
        type,
        selector: args.selector,
        ports: [
          {
            name: "http",
            port,
            targetPort: "http",
            ...(nodePort !== undefined && { nodePort }),
          },
        ],
        ...(externalTrafficPolicy && { externalTrafficPolicy }),
        ...(loadBalancer?.sourceRanges && {
          loadBalancerSourceRanges: loadBalancer.sourceRanges,
        }),
      },
    },
    {
      ...opts,
      customTimeouts: {
        create: `${timeoutSeconds}s`,
        update: `${timeoutSeconds}s`,
        // A cloud deletes a Service after its load balancer, which takes as long as creating one.
        delete: `${Math.max(timeoutSeconds, defaultTimeoutSeconds)}s`,
      },
    },
  );
}

/**
 * The URL to open: inside the cluster for ClusterIP, outside for NodePort and LoadBalancer.
 * @param nodeHost the host of node ports
 */
export const urlOf = (
  { metadata, spec, status }: k8s.core.v1.Service,
  type: ServiceType,
  port: number,
  nodeHost = "<a node's address>",
): pulumi.Output<string> =>
  pulumi.all([metadata, spec, status]).apply(([metadata, spec, status]) => {
    switch (type) {
      case "ClusterIP":
        return serviceUrl(`${metadata.name}.${metadata.namespace}.svc`, port);
      case "NodePort":
        return `http://${nodeHost}:${spec.ports?.[0]?.nodePort ?? "<pending>"}`;
      case "LoadBalancer": {
        const ingress = status?.loadBalancer?.ingress?.[0];
        const host = ingress?.ip ?? ingress?.hostname ?? "<pending>";
        // At 443, the load balancer terminates TLS: pods speak HTTP.
        return port === 443 ? `https://${host}` : serviceUrl(host, port);
      }
    }
  });
