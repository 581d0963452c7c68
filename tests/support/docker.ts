import { randomBytes } from "node:crypto";
import { ensureDockerEngine } from "../../local/docker/daemon.ts";
import {
  removeAbandonedTestContainers,
  removeOwnTestContainers,
} from "../../local/docker/test-containers.ts";
import {
  ensurePostgresImage,
  localPostgres,
} from "../../local/images/postgres/image.ts";

/** The PostgreSQL image that the local cluster runs. */
export { localPostgres as postgresImage };

let prepared: Promise<void> | undefined;

/**
 * Starts Docker, removes the containers of killed tests and builds the PostgreSQL image, once per process. The
 * containers of this process are removed when it exits.
 */
export function prepareDocker(): Promise<void> {
  prepared ??= (async () => {
    await ensureDockerEngine();
    await removeAbandonedTestContainers();
    process.once("exit", removeOwnTestContainers);
    await ensurePostgresImage();
  })();
  return prepared;
}

/** A name for a container or volume. */
export const newName = () => `marquee-test-${randomBytes(6).toString("hex")}`;
