import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A cluster's OpenAPI document: `kubectl get --raw /openapi/v2`. */
export interface OpenApi {
  definitions: Record<string, Schema>;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  "x-kubernetes-group-version-kind"?: GroupVersionKind[];
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
}

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** The API also accepts numbers for quantities (`cpu: 1`), which its document doesn't mention. */
const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";

const shared = "_definitions.json";

/**
 * Kubeconform's template for the path of a schema that `schemasFrom` wrote.
 * It has the full group, because the first parts of two groups may be equal.
 */
export const schemaLocation = (folder: string): string =>
  join(
    resolve(folder),
    "{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json",
  );

/**
 * Writes kubeconform's JSON schemas for all kinds of a cluster, including custom ones. Otherwise, kubeconform would
 * download schemas. They equal those of openapi2jsonschema with `--strict --kubernetes --expanded`: unknown fields are
 * rejected, and optional fields may be null. But items of lists and values of maps can't be null.
 */
export function schemasFrom({ definitions }: OpenApi, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const write = (file: string, schema: object) =>
    writeFileSync(join(folder, file), JSON.stringify(schema));
  const all = Object.entries(definitions).flatMap(([name, schema]) => {
    const definition =
      name === quantity ? { type: ["string", "number"] } : named(schema);
    return [
      [name, strict(definition, false)],
      [orNull(name), strict(definition, true)],
    ];
  });
  write(shared, { definitions: Object.fromEntries(all) });
  for (const [name, schema] of Object.entries(definitions)) {
    const { group, version, kind } = onlyKind(schema) ?? {};
    if (kind !== undefined)
      write(
        `${kind.toLowerCase()}-${group || version}-${version}.json`, // kubeconform takes "v1" for the core group
        { $ref: `${shared}#/definitions/${name}` },
      );
  }
}

/** The nullable form of a definition, for optional fields: JSON schema draft 4 ignores everything beside a `$ref`. */
const orNull = (reference: string) => `${reference}.orNull`;

/** The kind of a definition. Some, such as DeleteOptions, belong to every group, and no manifest declares them. */
function onlyKind(schema: Schema): GroupVersionKind | undefined {
  const kinds = schema["x-kubernetes-group-version-kind"] ?? [];
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** A kind's definition, which allows only its own kind and version. */
function named(schema: Schema): Schema {
  const only = onlyKind(schema);
  if (only === undefined || schema.properties === undefined) return schema;
  const { group, version, kind } = only;
  const apiVersion = group ? `${group}/${version}` : version;
  const properties = { ...schema.properties };
  if (properties.apiVersion)
    properties.apiVersion = { ...properties.apiVersion, enum: [apiVersion] };
  if (properties.kind) properties.kind = { ...properties.kind, enum: [kind] };
  return { ...schema, properties };
}

/** Kubernetes' schema as a JSON schema, without descriptions. */
function strict(schema: Schema, optional: boolean): object {
  const { $ref, properties, items, additionalProperties, ...rest } = schema;
  if ($ref !== undefined) return { $ref: optional ? orNull($ref) : $ref };
  const types = typesOf(schema);
  const constraints = Object.entries(rest).filter(
    ([name]) =>
      !/^(x-kubernetes-.*|description|default|type|format|enum)$/.test(name),
  );
  return {
    ...Object.fromEntries(constraints),
    ...(types ? { type: optional ? [...types, "null"] : types } : {}),
    ...(rest.format === "date-time" ? { format: rest.format } : {}),
    ...(rest.enum ? { enum: optional ? [...rest.enum, null] : rest.enum } : {}),
    ...(items ? { items: strict(items, false) } : {}),
    ...(properties ? fields(schema, properties) : {}),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: strict(additionalProperties, false) }
      : {}),
  };
}

function fields(schema: Schema, properties: Record<string, Schema>): object {
  return {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        strict(property, !schema.required?.includes(name)),
      ]),
    ),
    ...(schema["x-kubernetes-preserve-unknown-fields"]
      ? {}
      : { additionalProperties: false }),
  };
}

function typesOf(schema: Schema): string[] | undefined {
  if (schema.format === "int-or-string" || schema["x-kubernetes-int-or-string"])
    return ["integer", "string"];
  return schema.type === undefined ? undefined : [schema.type].flat();
}
