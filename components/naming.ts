import * as pulumi from "@pulumi/pulumi";
import { patchForceAnnotation } from "../config/namespace.ts";

/** The components' type tokens. They are part of URNs: a changed token would replace what is deployed. */
export const componentTypes = {
  externalService: "marquee:components:ExternalService",
  microservice: "marquee:components:Microservice",
  networkPolicies: "marquee:components:NetworkPaths", // the component's former name, which deployed stacks have in their state
  postgres: "marquee:components:Postgres",
  serviceImage: "marquee:components:ServiceImage",
} as const;

/** Kubernetes' recommended labels, for all objects that belong to one service. */
export const recommendedLabels = (service: string) => ({
  "app.kubernetes.io/name": service,
  "app.kubernetes.io/part-of": pulumi.getProject(),
  "app.kubernetes.io/managed-by": "pulumi",
});

/**
 * On every object: Pulumi resets the fields that it sets when others have changed them, instead of reporting a
 * conflict.
 */
export const forcePatch = { [patchForceAnnotation]: "true" };
