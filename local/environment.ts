import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "./user-error.ts";

/**
 * The number of the local environment, 0 to 9, from MARQUEE_LOCAL (default 0). Each has its own cluster, ports,
 * kubeconfig and Pulumi state, so end-to-end tests don't touch the developer's environment.
 */
export const instance = parseInstance(process.env.MARQUEE_LOCAL);

const xdg = (variable: string, fallback: string) =>
  process.env[variable] || join(homedir(), fallback);

/** The name of this environment's container, network and volume. */
export const name = instance === 0 ? "marquee" : `marquee-${instance}`;

/** The user's PATH without the programs that were built here. */
export const ownPath = (): string =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.startsWith(cache))
    .join(delimiter);

/** The project's folder. */
export const project = join(import.meta.dirname, "..");

/**
 * The folder for files that take long to create and can be deleted, such as toolchain and plugins. All environments
 * share it.
 */
export const cache = join(xdg("XDG_CACHE_HOME", ".cache"), "marquee");

/** The folder of this environment's kubeconfig, Pulumi state and logs. `npm run down` removes it. */
export const state = join(
  xdg("XDG_STATE_HOME", ".local/state"),
  "marquee",
  name,
);

export const logs = join(state, "logs");

/** @throws UserError unless the value is a digit, empty or undefined */
export function parseInstance(value: string | undefined): number {
  if (value === undefined || value === "") return 0;
  if (!/^[0-9]$/.test(value))
    throw new UserError(
      `MARQUEE_LOCAL is "${value}"; it names a local environment and must be one digit, 0 to 9.`,
    );
  return Number(value);
}
