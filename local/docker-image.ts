import { spawn } from "node:child_process";
import { run, succeeds } from "./host.ts";

/** Whether Docker has an image. */
export const imageExists = (image: string) =>
  succeeds("docker", ["image", "inspect", image]);

/** Makes an image of one layer; `what` are tar's words for what goes into it. */
export async function importImage(
  what: string[],
  changes: string[],
  image: string,
): Promise<void> {
  const archive = spawn(
    "tar",
    ["--create", "--numeric-owner", "--owner=0", "--group=0", ...what],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const archived = new Promise<number | null>((resolve) => {
    archive.on("close", resolve);
  });
  await run(
    "docker",
    [
      "import",
      ...changes.flatMap((change) => ["--change", change]),
      "-",
      image,
    ],
    { input: archive.stdout, log: "docker" },
  );
  if ((await archived) === 0) return;
  await run("docker", ["image", "rm", image]); // it holds what tar got to
  throw new Error(`tar could not read all of ${what.join(" ")}`);
}

/** Puts an image into a registry, under the name that it has there. Layers that are there are not sent again. */
export async function pushImage(image: string, as: string): Promise<void> {
  await run("docker", ["tag", image, as]);
  await run("docker", ["push", "--quiet", as], { log: "docker" });
}
