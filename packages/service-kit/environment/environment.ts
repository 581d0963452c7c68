import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import { defaultKeepAlive } from "../http/keep-alive.ts";
import { levels } from "../observability/logger.ts";
import { wholeNumber } from "./whole-number.ts";

const common = z.object({
  /** The port to listen on, all addresses. */
  PORT: wholeNumber(1, 65_535),
  /** Seconds that idle connections are kept open. @default 620 */
  KEEP_ALIVE_SECONDS: wholeNumber(1, 9_999).default(defaultKeepAlive.seconds),
  /** From which level on lines are logged. @default info */
  LOG_LEVEL: z
    .enum(levels, `expected one of ${levels.join(", ")}`)
    .default("info"),
  /** The file that lines are logged to; it and the one before it have 16 MiB each at most. @default standard output */
  LOG_FILE: z.string().optional(),
});

/**
 * The service's environment variables. One that is missing or wrong ends the program, with a sentence for each of them.
 * @param own the service's own variables, besides the common ones
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

/** Exits without a stack trace: the mistake is in the configuration, not in the program. */
function exit(message: string): never {
  console.error(message);
  process.exit(1);
}

const cannotStart = (mistakes: string[]) =>
  `This program can't start with the environment it got:\n  ${mistakes.join("\n  ")}`;

/** @throws Error that names every variable that is missing or wrong */
export function readEnvironment<
  Own extends z.ZodRawShape = Record<never, never>,
>(variables: Record<string, string | undefined>, own: Own = {} as Own) {
  const result = common.extend(own).safeParse(variables);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${state(name, variables[name])}: ${plain(message)}`;
  });
  throw new Error(cannotStart(mistakes));
}

/** "PORT is not set", 'PORT is "abc"'; of what may hold a password, as URLs do, or a certificate only that it is wrong. */
function state(name: string, value: string | undefined): string {
  if (value === undefined) return `${name} is not set`;
  if (/URL|ENDPOINT|PASSWORD|SECRET|TOKEN|KEY|_CA$/.test(name))
    return `${name} is wrong`;
  return `${name} is "${value}"`;
}

/** Zod's message without what it saw after converting: "received NaN" is no news to who set a variable. */
const plain = (message: string) =>
  message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
