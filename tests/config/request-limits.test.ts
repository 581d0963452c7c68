import { table } from "../support/components/configurations.ts";

const bytes =
  "it must be a number of bytes, such as 256Mi (units are Ki, Mi, Gi, Ti, k, M, G and T) or 268435456, 8Ti at most; below 1000000 it needs a unit";

describe("parseSettings: requests above their limits", () => {
  const nothing = "and a request must not exceed its limit.";
  const above = (kind: string, request: string, limit: string) =>
    `.resources.requests.${kind} is "${request}": it is more than services.auth.resources.limits.${kind}, which is ${limit}, ${nothing}`;
  const below = (kind: string, limit: string, request: string) =>
    `.resources.limits.${kind} is "${limit}": it is less than services.auth.resources.requests.${kind}, which is ${request}, ${nothing}`;
  /** A configuration of auth with a request and a limit of one kind of resource. */
  const both = (kind: string, request: unknown, limit: unknown) => ({
    resources: { requests: { [kind]: request }, limits: { [kind]: limit } },
  });
  table([
    [both("cpu", 3, "2500m"), above("cpu", "3", "2500m")],
    [both("memory", "1Gi", "1G"), above("memory", "1Gi", "1G")],
    [
      both("ephemeral-storage", "2Ti", "2T"),
      above("ephemeral-storage", "2Ti", "2T"),
    ],
    // By the smallest difference, which the message has in canonical form.
    [both("cpu", 1.001, "1"), above("cpu", "1001m", "1")],
    [both("cpu", "0.5", "499m"), above("cpu", "500m", "499m")],
    [
      both("memory", "1024.001k", "1000Ki"),
      above("memory", "1024001", "1000Ki"),
    ],
    // Above or below a default, the message is about the configured key.
    [
      { resources: { requests: { memory: "257Mi" } } },
      above("memory", "257Mi", "256Mi (the default)"),
    ],
    [
      { resources: { limits: { cpu: 0.049 } } },
      below("cpu", "49m", "50m (the default)"),
    ],
    [
      {
        resources: {
          requests: { cpu: 2, memory: "1Gi", "ephemeral-storage": "1Gi" },
        },
      },
      above("cpu", "2", "1 (the default)"),
      above("memory", "1Gi", "256Mi (the default)"),
      above("ephemeral-storage", "1Gi", "256Mi (the default)"),
    ],
    [
      {
        resources: {
          requests: { cpu: "20m" },
          limits: { cpu: "10m", memory: "64M", "ephemeral-storage": "1k" },
        },
      },
      above("cpu", "20m", "10m"),
      below("memory", "64M", "96Mi (the default)"),
      below("ephemeral-storage", "1k", "64Mi (the default)"),
    ],
  ]);
  // An invalid quantity is neither compared with another nor replaced by the default.
  const cores =
    "it must be a number of cores, 1000 at most, such as 0.5 or 500m";
  table([
    [
      both("memory", "x", "64Mi"),
      `.resources.requests.memory is "x": ${bytes}.`,
    ],
    [
      both("cpu", 2, "4 cores"),
      `.resources.limits.cpu is "4 cores": ${cores}.`,
    ],
    [
      both("cpu", "0", "0m"),
      `.resources.requests.cpu is "0": ${cores}.`,
      `.resources.limits.cpu is "0m": ${cores}.`,
    ],
    [
      {
        resources: {
          requests: { cpu: 4 },
          limits: { memory: "256", cpu: 2 },
        },
      },
      `.resources.limits.memory is "256": ${bytes}.`,
      above("cpu", "4", "2"),
    ],
  ]);
});
