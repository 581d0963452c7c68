import * as z from "zod";
import { defaultKeepAlive } from "../http/keep-alive.ts";
import { levels } from "../observability/logger.ts";
import { wholeNumber } from "./whole-number.ts";

export const commonVariables = z.object({
  /** The port to listen on, all addresses. */
  PORT: wholeNumber(1, 65_535),
  /** Seconds that idle connections are kept open. @default 620 */
  KEEP_ALIVE_SECONDS: wholeNumber(1, 9_999).default(defaultKeepAlive.seconds),
  /** The lowest level that is logged. @default info */
  LOG_LEVEL: z
    .enum(levels, `expected one of ${levels.join(", ")}`)
    .default("info"),
  /** The log file. It is rotated at 16 MiB, and one earlier file is kept. @default standard output */
  LOG_FILE: z.string().optional(),
});

/**
 * Reads the service's environment variables. Exits the process if any are missing or invalid, and reports all of them.
 * @param own the service's own variables, in addition to the common ones
 */
export function environment<Own extends z.ZodRawShape = Record<never, never>>(
  own: Own = {} as Own,
) {
  try {
    return readEnvironment(process.env, own);
  } catch (error) {
    return exit((error as Error).message);
  }
}

/** Creates a part of the service from its environment variables; exits the process if they contradict each other. */
export function exitOnError<Part>(create: () => Part): Part {
  try {
    return create();
  } catch (error) {
    return exit(cannotStart([(error as Error).message]));
  }
}

/** Exits without a stack trace: the error is in the configuration, not in the program. */
function exit(message: string): never {
  console.error(message);
  process.exit(1);
}

const cannotStart = (errors: string[]) =>
  `This program can't start, because its environment is invalid:\n  ${errors.join("\n  ")}`;

/** @throws Error that names every missing or invalid variable */
export function readEnvironment<
  Own extends z.ZodRawShape = Record<never, never>,
>(variables: Record<string, string | undefined>, own: Own = {} as Own) {
  const result = commonVariables.extend(own).safeParse(variables);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${state(name, variables[name])}: ${plain(message)}`;
  });
  throw new Error(cannotStart(errors));
}

/** "PORT is not set" or 'PORT is "abc"'. Hides values that may contain a secret, such as URLs with a password. */
function state(name: string, value: string | undefined): string {
  if (value === undefined) return `${name} is not set`;
  if (/URL|ENDPOINT|PASSWORD|SECRET|TOKEN|KEY|_CA$/.test(name))
    return `${name} is wrong`;
  return `${name} is "${value}"`;
}

/** Zod's message without the converted value: "received NaN" does not help. */
const plain = (message: string) =>
  message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
