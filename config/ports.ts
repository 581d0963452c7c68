import type { Issues } from "./issues.ts";
import { isPort, isWhole } from "./values.ts";

/** Kubernetes' default range of node ports. */
const nodePortRange = { min: 30_000, max: 32_767 };

/** Checks `services.‹name›.port`. */
export function parsePort(
  key: string,
  raw: unknown,
  issues: Issues,
): { port?: number } {
  if (raw === undefined) return {};
  if (isPort(raw)) return { port: raw };
  issues.invalid(key, raw, "it must be a whole number from 1 to 65535");
  return {};
}

/** Checks `services.‹name›.nodePort`. */
export function parseNodePort(
  key: string,
  raw: unknown,
  issues: Issues,
): { nodePort?: number } {
  const { min, max } = nodePortRange;
  if (raw === undefined) return {};
  if (isWhole(raw, min, max)) return { nodePort: raw };
  issues.invalid(key, raw, `it must be a whole number from ${min} to ${max}`);
  return {};
}
