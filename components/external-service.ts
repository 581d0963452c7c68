import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentTypes, forcePatch, recommendedLabels } from "./naming.ts";

export interface ExternalServiceArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The DNS name of the host that serves it. */
  externalName: pulumi.Input<string>;
  /** The port it is reached at there, for `url`: a DNS name carries none. */
  port: number;
}

/** A service that runs elsewhere: pods find it by the same name as if it ran here. No image, no Deployment. */
export class ExternalService extends pulumi.ComponentResource {
  readonly service: k8s.core.v1.Service;
  /** What is there once the service is to be found elsewhere. */
  readonly readyResource: pulumi.Resource;
  /** Where it answers, outside of this cluster. */
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
      // A service that moves out keeps its Service object.
      {
        parent: this,
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
