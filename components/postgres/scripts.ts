import { readFileSync } from "node:fs";
import { join } from "node:path";
import { timeouts } from "../../packages/service-kit/database/timeouts.ts";

const read = (file: string) =>
  readFileSync(join(import.meta.dirname, file), "utf8");

/** Fails if the volume has data of another major version, which PostgreSQL can't read. */
export const checkVersion = read("check-version.sh").trim();

/**
 * Sets the superuser's password to the Secret's before the server starts: the volume may have been initialized with
 * another. On an empty volume, the image's entry point sets it.
 */
export const setPassword = read("set-password.sh").trim();

const roleTimeouts = Object.entries(timeouts)
  .map(([name, ms]) => `ALTER ROLE :"role" SET ${name} = ${ms};`)
  .join("\n");

/**
 * The psql script that creates or updates one service's role and database. It fails if another stack owns the role. No
 * statement depends on the session, because a connection pooler may run each transaction in a different one.
 */
const provisionSql = fill(
  read("provision.sql").trim(),
  "@ROLE_TIMEOUTS@",
  roleTimeouts,
);

/**
 * Runs provision.sql for each service. If it fails, its last lines are in the pod's status. Kubernetes would expand
 * "$$" and "$(NAME)", so the script contains neither.
 */
export const provisionScript = fill(
  read("provision.sh"),
  "@PROVISION_SQL@",
  provisionSql,
);

/** Replaces a placeholder. A function as replacement keeps "$" literal. */
function fill(template: string, placeholder: string, text: string): string {
  return template.replace(placeholder, () => text);
}
