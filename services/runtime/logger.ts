import { pino } from "pino"; // JSON lines at little cost, with redaction

/**
 * The process's logger: one JSON object a line on standard output, `level` as a word and `time` in RFC 3339.
 * Its level is LOG_LEVEL, else info.
 */
export const logger = pino({
  level: process.env.LOG_LEVEL ?? "info",
  base: null, // Kubernetes knows the pod
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (level) => ({ level }) },
  redact: ["password", "*.password", "authorization", "*.authorization"],
});
