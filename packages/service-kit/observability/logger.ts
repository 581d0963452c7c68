import { type DestinationStream, destination, pino } from "pino"; // JSON lines at little cost, with redaction
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
 * Makes a logger: one JSON object a line, `level` as a word and `time` in RFC 3339. Its level is LOG_LEVEL, else info; it
 * is for `environment` to say that LOG_LEVEL is none.
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
    ? // A pipe takes 4096 bytes (PIPE_BUF) at once or not at all: who else writes to it can't get into a line.
      destination({ dest: process.stdout.fd, maxWrite: 4096 })
    : openLogFile(process.env.LOG_FILE),
);

/** A file that can't be opened ends the program: it would run without a log. */
function openLogFile(path: string): DestinationStream {
  try {
    return logFile(path);
  } catch (error) {
    // The mistake is not in the program: its stack would only hide what to do.
    console.error(
      `LOG_FILE is "${path}", and that can't be opened to log to (${(error as Error).message}): name a file in a folder that exists and that this user may write to, or unset LOG_FILE to log to standard output.`,
    );
    process.exit(1);
  }
}
