import { z } from "zod"; // says what is wrong with a value, in words, and gives it a type

const common = z.object({
  /** The port to listen on, all addresses. */
  PORT: z.coerce.number().int().min(1).max(65_535),
  /** From which level on lines are logged. @default info */
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info"),
});

/**
 * Reads a service's environment variables. A variable that is missing or wrong ends the program with a sentence for each.
 * @param own the service's own variables, besides PORT and LOG_LEVEL
 * @param variables @default process.env
 * @throws Error that names every variable that is missing or wrong
 */
export function environment<Own extends z.ZodRawShape = Record<never, never>>(
  own: Own = {} as Own,
  variables: Record<string, string | undefined> = process.env,
) {
  const schema = common.extend(own);
  const result = schema.safeParse(variables);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message }) => {
    const name = path.join(".");
    const value = variables[name];
    return `  ${name} ${value === undefined ? "is not set" : `is "${value}"`}: ${message}`;
  });
  throw new Error(
    `This program can't start with the environment it got:\n${mistakes.join("\n")}`,
  );
}
