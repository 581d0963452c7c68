import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { type BuildFailure, build, formatMessages } from "esbuild"; // the bundler that Node's own tools are built with; 50 ms

/** The folder a service's image is built from, below the project's own and as Docker is told it. */
export const contextOf = (service: string) => `build/${service}`;

const dockerfileOf = (project: string) => join(project, "services/Dockerfile");

/**
 * Makes each service's Docker context: `app/` with the program in one file, its source map, assets, migrations and scripts for
 * browsers, and the Dockerfile. The same sources make the same bytes and modes, in every clone and on every machine, so that an image's
 * digest changes with its content alone.
 * @param services folders below services/, each with a server.ts and maybe assets/, migrations/ and browser/
 * @returns a hash of what each context holds, by service
 * @throws pulumi.RunError with every error in the sources
 */
export async function bundle(
  services: readonly string[],
  project: string = process.cwd(),
): Promise<Record<string, string>> {
  if (services.length === 0) return {};
  if (!existsSync(dockerfileOf(project)))
    throw new pulumi.RunError(
      "services/Dockerfile is missing, so no image can be built. `git checkout services/Dockerfile` brings it back.",
    );
  // Made beside the contexts, at the same depth, and put in their place only where it differs: another pulumi may read them.
  const fresh = join(project, `build-${process.pid}`);
  try {
    await bundleInto(fresh, services, project);
    const hashes = services.map((service) => [
      service,
      hashOf(join(fresh, service)),
    ]);
    for (const service of services)
      replace(join(project, contextOf(service)), join(fresh, service));
    return Object.fromEntries(hashes);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function bundleInto(
  fresh: string,
  services: readonly string[],
  project: string,
): Promise<void> {
  const common = {
    absWorkingDir: project,
    outdir: fresh,
    bundle: true,
    format: "esm",
    legalComments: "none",
    logLevel: "silent",
  } as const;
  const programs = build({
    ...common,
    entryPoints: services.map((service) => ({
      in: `services/${service}/server.ts`,
      out: `${service}/app/server`,
    })),
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node24",
    // CommonJS packages in the bundle call require() for Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    // pg would load it if somebody asked for it, and nobody does: what an image names is in the image.
    alias: { "pg-native": "node:module" },
    // The base image is a hundred times larger, but each start reads this file whole. Stack traces go by the source map.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: "linked",
    sourcesContent: false,
  });
  const scripts = build({
    ...common,
    entryPoints: services.flatMap((service) => scriptsOf(service, project)),
    platform: "browser",
    target: "es2022",
    minify: true,
  });
  const failures = (await Promise.allSettled([programs, scripts])).flatMap(
    (end) => (end.status === "rejected" ? [end.reason as BuildFailure] : []),
  );
  if (failures[0]) {
    const errors = await formatMessages(
      failures.flatMap(({ errors }) => errors ?? []),
      { kind: "error" },
    );
    throw new pulumi.RunError(
      `The services can't be bundled, so nothing was built or changed:\n${errors.join("") || failures[0].message}`,
    );
  }
  for (const service of services) {
    const context = join(fresh, service);
    for (const beside of ["assets", "migrations"]) {
      const folder = join(project, "services", service, beside);
      for (const [file, content] of contentsOf(folder))
        put(join(context, "app", beside, file), content);
    }
    put(join(context, "Dockerfile"), readFileSync(dockerfileOf(project)));
    settle(context);
  }
}

/** What a service has for browsers: each file in its browser/ is a script, and what scripts share is in folders below. */
function scriptsOf(service: string, project: string) {
  const folder = `services/${service}/browser`;
  if (!existsSync(join(project, folder))) return [];
  return readdirSync(join(project, folder))
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map((file) => ({
      in: `${folder}/${file}`,
      out: `${service}/app/browser/${file.slice(0, -3)}`,
    }));
}

/** Writes a file. Text gets LF line ends whatever the clone has, as esbuild gives them to programs and scripts. */
function put(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    content.includes("\r\n") && isText(content)
      ? content.toString().replaceAll("\r\n", "\n")
      : content,
  );
}

/** Git takes a file without NUL for text. A small binary file may have none, but is hardly ever valid UTF-8. */
const isText = (content: Buffer) => !content.includes(0) && isUtf8(content);

/** SHA-256 of every file's path and content, in hexadecimal. Modes are the same everywhere. */
function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const [file, content] of contentsOf(folder))
    hash.update(`${file}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

/** Puts a folder in another's place, unless both have the same files. */
function replace(old: string, fresh: string): void {
  if (isDeepStrictEqual(contentsOf(old), contentsOf(fresh))) return;
  rmSync(old, { recursive: true, force: true });
  mkdirSync(dirname(old), { recursive: true });
  renameSync(fresh, old);
}

/** Every file below a folder: its bytes and its path, with slashes on every system. */
function contentsOf(folder: string): [path: string, content: Buffer][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll(sep, "/"))
    .sort()
    .map((file) => [file, readFileSync(join(folder, file))]);
}

/** Sets what differs between machines and clones: modes (umask) and times. */
function settle(folder: string): void {
  for (const entry of readdirSync(folder, {
    recursive: true,
    withFileTypes: true,
  })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() ? 0o755 : 0o644);
    lutimesSync(path, 0, 0);
  }
  chmodSync(folder, 0o755);
}
