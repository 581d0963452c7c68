import type * as pulumi from "@pulumi/pulumi";
import {
  Microservice,
  type MicroserviceArgs,
} from "../../../components/microservice/microservice.ts";
import { defaultResources } from "../../../config/resources.ts";
import type { DeployedSettings } from "../../../config/service.ts";
import { image } from "./configurations.ts";
import { deploy, type EngineOptions, only, recordOptions } from "./engine.ts";

export const autoscalerType =
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
export const budgetType = "kubernetes:policy/v1:PodDisruptionBudget";
export const deploymentType = "kubernetes:apps/v1:Deployment";
export const secretType = "kubernetes:core/v1:Secret";
export const serviceType = "kubernetes:core/v1:Service";

/** The labels of all objects of service auth. */
export const recommended = {
  "app.kubernetes.io/name": "auth",
  "app.kubernetes.io/part-of": "marquee",
  "app.kubernetes.io/managed-by": "pulumi",
};

/** The inputs of a service's Secret without its values and its name, which Pulumi generates. */
export const autonamedSecret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    namespace: "marquee-dev",
    labels: recommended,
    annotations: { "pulumi.com/patchForce": "true" },
  },
};

export const labels = { app: "auth-service", ...recommended };

/** Deploys a service auth with these settings; returns its outputs, and its resources with their options. */
export async function auth(
  settings: Partial<DeployedSettings> = {},
  args: Partial<MicroserviceArgs> = {},
  answers: EngineOptions["answers"] = {},
) {
  const options: Record<string, pulumi.CustomResourceOptions> = {};
  const { outputs, resources } = await deploy(
    () => {
      const { readyResource, deployment, service, images } = new Microservice(
        "auth",
        {
          namespace: "marquee-dev",
          image: image(),
          containerPort: 8081,
          type: "ClusterIP",
          resources: defaultResources,
          ...settings,
          ...args,
        },
        recordOptions(options),
      );
      return {
        arrival: readyResource.urn,
        images,
        urns: [deployment.urn, service.urn],
      };
    },
    { answers },
  );
  const deployment = only(resources, deploymentType, "auth-deployment").inputs;
  return {
    ...outputs,
    resources,
    options,
    deployment,
    pod: deployment.spec.template.spec,
    service: only(resources, serviceType, "auth-service").inputs,
  };
}
