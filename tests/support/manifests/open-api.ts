import type { OpenApi, Schema } from "./schemas.ts";

const core = "io.k8s.api.core.v1";
const apps = "io.k8s.api.apps.v1";
const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

type Fields = Record<string, Schema>;
const text = { type: "string", description: "Schemas need no texts." };
const whole = { type: "integer", format: "int32" };
const to = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const list = (items: Schema): Schema => ({ type: "array", items });
const map = (additionalProperties: Schema): Schema => ({
  type: "object",
  additionalProperties,
});
const object = (properties: Fields, ...required: string[]): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const kind = (group: string, kind: string, spec: Schema): Schema => ({
  ...object({
    apiVersion: text,
    kind: text,
    metadata: to(`${meta}.ObjectMeta`),
    spec,
  }),
  "x-kubernetes-group-version-kind": [{ group, version: "v1", kind }],
});

/** A small OpenAPI document of a cluster: Kubernetes' Deployment, a Namespace and a custom kind. */
export const openApi: OpenApi = {
  definitions: {
    [`${apps}.Deployment`]: kind(
      "apps",
      "Deployment",
      to(`${apps}.DeploymentSpec`),
    ),
    [`${apps}.DeploymentSpec`]: object(
      {
        replicas: whole,
        selector: to(`${meta}.LabelSelector`),
        strategy: to(`${apps}.DeploymentStrategy`),
        template: to(`${core}.PodTemplateSpec`),
      },
      "selector",
      "template",
    ),
    [`${apps}.DeploymentStrategy`]: object({
      type: { ...text, enum: ["Recreate", "RollingUpdate"] },
    }),
    [`${core}.PodTemplateSpec`]: object({
      metadata: to(`${meta}.ObjectMeta`),
      spec: to(`${core}.PodSpec`),
    }),
    [`${core}.PodSpec`]: object(
      { containers: list(to(`${core}.Container`)) },
      "containers",
    ),
    [`${core}.Container`]: object(
      {
        name: text,
        image: text,
        imagePullPolicy: text,
        livenessProbe: to(`${core}.Probe`),
        ports: list(
          object({ containerPort: whole, name: text }, "containerPort"),
        ),
        readinessProbe: to(`${core}.Probe`),
        resources: object({
          limits: map(to(quantity)),
          requests: map(to(quantity)),
        }),
        securityContext: { type: "object" },
      },
      "name",
    ),
    [`${core}.Probe`]: object({
      httpGet: object({ path: text, port: to(intOrString) }, "port"),
    }),
    [`${meta}.LabelSelector`]: object({ matchLabels: map(text) }),
    [`${meta}.ObjectMeta`]: object({
      labels: map(text),
      name: text,
      namespace: text,
    }),
    [quantity]: text,
    [intOrString]: { ...text, format: "int-or-string" },
    [`${core}.Namespace`]: kind("", "Namespace", object({})),
    "com.example.v1.Film": kind(
      "example.com",
      "Film",
      object({
        open: { ...object({}), "x-kubernetes-preserve-unknown-fields": true },
      }),
    ),
  },
};
