import { join } from "node:path";
import { registry } from "../../cluster/addresses.ts";
import { contentKey } from "../../content-key.ts";
import { buildImage, copyScript } from "../../docker/build.ts";
import { imageExists, pushImage } from "../../docker/images.ts";
import { withLock } from "../../host/lock.ts";
import { step } from "../../progress.ts";

const dockerfile = join(import.meta.dirname, "Dockerfile");
const entrypoint = join(import.meta.dirname, "docker-entrypoint.sh");

/** The image's tag in Docker. Tests of services also use it. */
export const localPostgres = `marquee/postgres:17-${contentKey([import.meta.filename, dockerfile, entrypoint]).slice(0, 8)}`;

/** Whether Docker has the image. */
export const hasPostgresImage = () => imageExists(localPostgres);

/** Builds the image of PostgreSQL 17, unless Docker has it. */
export async function ensurePostgresImage(): Promise<void> {
  if (await hasPostgresImage()) return;
  await withLock(
    {
      file: "postgres-image.lock",
      holder: "another process that builds the PostgreSQL image",
    },
    async () => {
      if (!(await hasPostgresImage())) await buildPostgresImage();
    },
  );
}

const buildPostgresImage = () =>
  step("image of PostgreSQL, from Debian packages", (report) =>
    buildImage({ image: localPostgres, dockerfile, report }, (context) =>
      copyScript(entrypoint, join(context, "docker-entrypoint.sh")),
    ),
  );

/** Pushes the image to the cluster's registry, for the stacks on this cluster. */
export const pushPostgresImage = () =>
  pushImage(localPostgres, `${registry}/postgres:17`);
