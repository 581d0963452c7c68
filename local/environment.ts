import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "./user-error.ts";

/**
 * Which local environment this is, 0 to 9, from MARQUEE_LOCAL (default 0). Each has its own cluster, ports, kubeconfig
 * and Pulumi state, so that the end-to-end tests never touch the one a person works in.
 */
export const instance = parseInstance(process.env.MARQUEE_LOCAL);

const xdg = (variable: string, fallback: string) =>
  process.env[variable] || join(homedir(), fallback);

/** The name of this environment's container, network and volume. */
export const name = instance === 0 ? "marquee" : `marquee-${instance}`;

/** The person's PATH, without the programs that were built here. */
export const ownPath = (): string =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(cache))
    .join(delimiter);

/** The project's folder. */
export const project = join(import.meta.dirname, "..");

/** What is costly to make and safe to delete, such as toolchain and plugins. Shared by all environments. */
export const cache = join(xdg("XDG_CACHE_HOME", ".cache"), "marquee");

/** What this environment is: kubeconfig, Pulumi state, logs. `npm run down` removes it. */
export const state = join(
  xdg("XDG_STATE_HOME", ".local/state"),
  "marquee",
  name,
);

export const logs = join(state, "logs");

/** Throws a UserError unless `value` names an instance. Exported for its test. */
export function parseInstance(value: string | undefined): number {
  if (value === undefined || value === "") return 0;
  if (!/^[0-9]$/.test(value))
    throw new UserError(
      `MARQUEE_LOCAL is "${value}"; it names a local environment and must be one digit, 0 to 9.`,
    );
  return Number(value);
}
