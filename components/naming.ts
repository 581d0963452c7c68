import * as pulumi from "@pulumi/pulumi";

/** The components' types as Pulumi knows them, where one has to name another. */
export const componentTypes = {
  externalService: "marquee:components:ExternalService",
  microservice: "marquee:components:Microservice",
  networkPaths: "marquee:components:NetworkPaths",
  postgres: "marquee:components:Postgres",
  serviceImage: "marquee:components:ServiceImage",
} as const;

/** Kubernetes' recommended labels, for everything that belongs to one service. */
export const recommendedLabels = (service: string) => ({
  "app.kubernetes.io/name": service,
  "app.kubernetes.io/part-of": pulumi.getProject(),
  "app.kubernetes.io/managed-by": "pulumi",
});

/** On every object: Pulumi owns the fields it sets, and puts back what somebody changed by hand instead of reporting a conflict. */
export const forcePatch = { "pulumi.com/patchForce": "true" };
