import { pino } from "pino"; // JSON lines at little cost, with redaction

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
 * The process's logger: one JSON object a line on standard output, `level` as a word and `time` in RFC 3339.
 * Its level is LOG_LEVEL, else info; it is for `environment` to say that LOG_LEVEL is none.
 */
export const logger = pino({
  level: levels.find((level) => level === process.env.LOG_LEVEL) ?? "info",
  base: null, // Kubernetes knows the pod
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (level) => ({ level }) },
  redact: ["password", "*.password", "authorization", "*.authorization"],
});
