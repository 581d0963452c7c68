import { join } from "node:path";
import { registry } from "../../cluster/addresses.ts";
import { contentKey } from "../../content-key.ts";
import { buildImage, copyScript } from "../../docker/build.ts";
import { imageExists, pushImage } from "../../docker/images.ts";
import { withLock } from "../../host/lock.ts";
import { step } from "../../progress.ts";

const dockerfile = join(import.meta.dirname, "Dockerfile");
const entrypoint = join(import.meta.dirname, "docker-entrypoint.sh");

/** The image as Docker here knows it, for the tests of services as well. */
export const localPostgres = `marquee/postgres:17-${contentKey([import.meta.filename, dockerfile, entrypoint]).slice(0, 8)}`;

/** Whether it was made before. */
export const hasPostgresImage = () => imageExists(localPostgres);

/** Makes the image of PostgreSQL 17, unless Docker has it. */
export async function ensurePostgresImage(): Promise<void> {
  if (await hasPostgresImage()) return;
  await withLock(
    {
      file: "postgres-image.lock",
      holder: "another process that makes the image of PostgreSQL",
    },
    async () => {
      if (!(await hasPostgresImage())) await makePostgresImage();
    },
  );
}

const makePostgresImage = () =>
  step("image of PostgreSQL, from Debian packages", (report) =>
    buildImage({ image: localPostgres, dockerfile, report }, (context) =>
      copyScript(entrypoint, join(context, "docker-entrypoint.sh")),
    ),
  );

/** Pushes it to the cluster's registry, where stacks on this cluster name it. */
export const pushPostgresImage = () =>
  pushImage(localPostgres, `${registry}/postgres:17`);
