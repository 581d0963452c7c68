import * as z from "zod";

/** A JSON Schema (2020-12), which OpenAPI 3.1 uses. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The schemas of one document. Those with an id (`.meta({ id: "User" })`) go to `components`, once. */
export interface Schemas {
  components: Record<string, JsonSchema>;
  /** The schema as JSON Schema; a `$ref` if it has an id. */
  of(schema: z.ZodType, io: "input" | "output"): JsonSchema;
  /**
   * The fields of an object, with or without an id.
   * @param what the object's name in error messages
   */
  fieldsOf(schema: z.ZodType, what: string): Fields;
  /** Names of the fields that are arrays, in an object or in any object of a union. */
  arrayFieldsOf(schema: z.ZodType): string[];
}

export interface Fields {
  properties: Record<string, JsonSchema>;
  required: string[];
  /** Objects with other fields are invalid. */
  closed: boolean;
}

export function createSchemas(): Schemas {
  const components: Record<string, JsonSchema> = {};

  function convert(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const text = JSON.stringify(
      z.toJSONSchema(schema, { io, unrepresentable }),
    );
    // Quotes within strings are escaped, so only references match.
    if (text.includes('"$ref":"#"')) throw new Error(needsName);
    const { $schema, $defs, ...converted } = JSON.parse(
      text.replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'),
    ) as JsonSchema;
    for (const [id, component] of Object.entries($defs ?? {}))
      add(id, component as JsonSchema);
    return converted;
  }

  function add(id: string, component: JsonSchema) {
    if (id.startsWith("__")) throw new Error(needsName);
    if (!/^[\w.-]+$/.test(id))
      throw new Error(
        `The id "${id}" of a schema may have letters, digits, ".", "-" and "_" only.`,
      );
    components[id] ??= component;
    if (JSON.stringify(components[id]) !== JSON.stringify(component))
      throw new Error(
        `Two schemas have the id "${id}", or one that is not the same in requests and in responses; give each an id of its own.`,
      );
  }

  function referenced(schema: JsonSchema): JsonSchema {
    const id = schema.$ref?.split("/").at(-1);
    return (id && components[id]) || schema;
  }

  function listsOf(schema: JsonSchema): string[] {
    const { properties = {}, anyOf, oneOf, allOf } = referenced(schema);
    return [
      ...Object.entries(properties)
        .filter(([, of]) => referenced(of as JsonSchema).type === "array")
        .map(([name]) => name),
      ...[anyOf, oneOf, allOf]
        .flatMap((parts = []) => parts)
        .flatMap((part) => listsOf(part as JsonSchema)),
    ];
  }

  return {
    components,
    of: convert,
    fieldsOf(schema, what) {
      const { type, properties, required, additionalProperties } = referenced(
        convert(schema, "input"),
      );
      if (type !== "object" || !properties)
        throw new Error(`${what} has to be a z.object or z.strictObject.`);
      return {
        properties: properties as Record<string, JsonSchema>,
        required: required ?? [],
        closed: additionalProperties === false,
      };
    },
    arrayFieldsOf: (schema) => listsOf(convert(schema, "input")),
  };
}

const needsName =
  'A schema that contains itself needs a name: .meta({ id: "…" }).';

/** @throws Error that says where a type without JSON Schema equivalent is */
function unrepresentable({
  message,
  path,
}: {
  message: string;
  path: (string | number)[];
}): never {
  throw new Error(
    `${message.replace(/\.$/, "")}${path.length ? `, at ${path.join("/")}` : ""}. Describe what is sent, such as z.iso.datetime() for a time.`,
  );
}
