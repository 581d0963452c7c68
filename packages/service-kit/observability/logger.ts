import { type DestinationStream, destination, pino } from "pino";
import { logFile } from "./log-file.ts";

export const levels = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "silent",
] as const;

/**
 * Creates a logger that writes JSON lines, with `level` as a word and `time` per RFC 3339. An invalid LOG_LEVEL counts
 * as info here: `environment` reports it.
 */
export const createLogger = (to: DestinationStream) =>
  pino(
    {
      level: levels.find((level) => level === process.env.LOG_LEVEL) ?? "info",
      base: null, // Kubernetes knows the pod
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      redact: ["password", "*.password", "authorization", "*.authorization"],
    },
    to,
  );

/** The process's logger. Its lines go to the file that LOG_FILE names, else to standard output. */
export const logger = createLogger(
  process.env.LOG_FILE === undefined
    ? // Writes of up to 4096 bytes (PIPE_BUF) to a pipe are atomic: other writers can't split a line.
      destination({ dest: process.stdout.fd, maxWrite: 4096 })
    : openLogFile(process.env.LOG_FILE),
);

/** Exits the process if the file can't be opened: the service must not run without a log. */
function openLogFile(path: string): DestinationStream {
  try {
    return logFile(path);
  } catch (error) {
    // The environment is wrong, not the program: a stack trace would only distract.
    console.error(
      `LOG_FILE is "${path}", and that can't be opened to log to (${(error as Error).message}): name a file in a folder that exists and that this user may write to, or unset LOG_FILE to log to standard output.`,
    );
    process.exit(1);
  }
}
