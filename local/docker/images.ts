import { run, succeeds } from "../host/command.ts";
import { step } from "../progress.ts";

/** Whether Docker has an image. */
export const imageExists = (image: string) =>
  succeeds("docker", ["image", "inspect", image]);

/** Returns an image's platform, such as linux/arm64; undefined if Docker does not have the image. */
export const imagePlatform = (image: string): Promise<string | undefined> =>
  run("docker", [
    ...["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", image],
  ]).catch(() => undefined);

/**
 * Pushes an image, unless the registry has its tag. A registry stores a tag only after all layers have been uploaded.
 */
export async function pushImage(image: string, as: string): Promise<void> {
  if (await registryHas(as)) return;
  await step(`pushing ${as}`, async () => {
    await run("docker", ["tag", image, as]);
    await run("docker", ["push", "--quiet", as], { log: "docker" });
  });
}

/**
 * Removes Docker's images of some repositories, except those that a container uses.
 * @param repositories patterns such as localhost:5001/marquee-*
 */
export async function removeImages(repositories: string[]): Promise<void> {
  const images = await run("docker", [
    ...["image", "ls", "--digests"],
    ...repositories.flatMap((each) => ["--filter", `reference=${each}`]),
    ...["--format", "{{.Repository}} {{.Tag}} {{.Digest}}"],
  ]);
  if (images === "") return;
  const references = images.split("\n").map((image) => {
    const [repository, tag, digest] = image.split(" ");
    return tag === "<none>"
      ? `${repository}@${digest}`
      : `${repository}:${tag}`;
  });
  // Fails if an image is in use, but removes the others.
  await succeeds("docker", ["image", "rm", ...new Set(references)]);
}

/** @param reference such as localhost:5001/node:24, in a registry without TLS */
function registryHas(reference: string): Promise<boolean> {
  const [, registry, repository, tag] =
    reference.match(/^([^/]+)\/(.+):(.+)$/) ?? [];
  const kinds = ["docker.distribution.manifest.v2", "oci.image.manifest.v1"];
  return fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: {
      accept: kinds.map((kind) => `application/vnd.${kind}+json`).join(", "),
    },
  }).then(
    ({ ok }) => ok,
    () => false, // `docker push` will report the error
  );
}
