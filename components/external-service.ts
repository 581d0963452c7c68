import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentTypes, forcePatch, recommendedLabels } from "./naming.ts";

export interface ExternalServiceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The DNS name of the service's host. */
  externalName: pulumi.Input<string>;
  /** The service's port there, for `url`: the DNS name does not include it. */
  port: pulumi.Input<number>;
}

/** A service outside the cluster, without image and pods. Pods find it by the same name as a service in the cluster. */
export class ExternalService extends pulumi.ComponentResource {
  readonly service: k8s.core.v1.Service;
  /** The resource to depend on once the service resolves in the cluster. */
  readonly readyResource: pulumi.Resource;
  /** The service's URL outside of this cluster. */
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    args: ExternalServiceArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.externalService, name, {}, opts);
    this.service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: `${name}-service`,
          namespace: args.namespace,
          labels: { app: `${name}-service`, ...recommendedLabels(name) },
          annotations: { ...forcePatch, "pulumi.com/skipAwait": "true" },
        },
        spec: { type: "ExternalName", externalName: args.externalName },
      },
      {
        parent: this,
        // A service that moves out of the cluster keeps its Service object.
        aliases: [
          { parent: pulumi.createUrn(name, componentTypes.microservice) },
        ],
      },
    );
    this.readyResource = this.service;
    this.url = pulumi.interpolate`http://${args.externalName}:${args.port}`;
    this.registerOutputs({ url: this.url });
  }
}
