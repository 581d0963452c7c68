import type * as z from "zod";
import { commonVariables } from "../../../packages/service-kit/environment/environment.ts";

// Stands in for the kit where a server imports it: everything but `environment` is the kit's own.
export * from "@marquee/service-kit";

/** Prints the declared variables and ends the process, instead of reading them. */
export function environment(own: Record<string, z.ZodType> = {}): never {
  const schemas: [string, z.ZodType][] = Object.entries({
    ...commonVariables.shape,
    ...own,
  });
  const variables = schemas
    .filter(([, schema]) => !isForbidden(schema))
    .map(([name, schema]) => {
      const { success, data } = schema.safeParse(undefined);
      const byDefault = data === undefined ? undefined : String(data);
      return { name, isRequired: !success, default: byDefault };
    });
  console.log(JSON.stringify(variables));
  process.exit();
}

/** Whether a variable is declared so that it can't be set. */
function isForbidden(schema: z.ZodType): boolean {
  const { innerType } = schema.def as { innerType?: z.ZodType };
  return innerType?.def.type === "undefined";
}
