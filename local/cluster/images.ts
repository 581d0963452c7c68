import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import * as debian from "../debian.ts";
import {
  copyScript,
  imageExists,
  importImage,
  pushImage,
} from "../docker-image.ts";
import { cache, run, succeeds } from "../host.ts";
import { end, processes } from "../processes.ts";
import { step } from "../progress.ts";
import * as toolchain from "../toolchain/index.ts";
import { registry } from "./addresses.ts";

/** The Debian release that the node is made of, whatever release this machine has. */
const release = "bookworm";

/** What the node needs beside the programs that we build; their dependencies come along. */
const nodePackages = [
  "ca-certificates",
  "catatonit", // the pause image
  "conntrack",
  "containerd",
  "containernetworking-plugins",
  "docker-registry",
  "ipset",
  "iproute2",
  "iptables",
  "mount",
  "runc",
];

const rootKey = createHash("sha256")
  .update([release, process.arch, ...nodePackages].join())
  .digest("hex")
  .slice(0, 16);
const nodeKey = contentKey([
  import.meta.filename,
  join(import.meta.dirname, "node.sh"),
]);

/** Kubernetes and a registry as one image; the configuration is mounted, not in it. */
export const nodeImage = `marquee/kubernetes:${toolchain.versions.kubernetes}-${toolchain.key.slice(0, 8)}${nodeKey.slice(0, 8)}`;

/** The image that services run on, as Pulumi.dev.yaml names it. */
const baseImage = `${registry}/node:24`;
const localBase = `marquee/node:${process.versions.node}-${contentKey([import.meta.filename]).slice(0, 8)}`;

/** Whether both images were made before. */
export const haveImages = async () =>
  (await imageExists(nodeImage)) && (await imageExists(localBase));

/** The node's Debian file system, in the cache, unless Docker has the image. Made while programs compile. */
export async function ensureNodeFileSystem(): Promise<string> {
  const root = join(cache, "node-root", rootKey);
  if (existsSync(root) || (await imageExists(nodeImage))) return root;
  await step(
    "file system of the Kubernetes node, from Debian packages",
    async (report) => {
      if (!(await succeeds("which", ["debootstrap"])))
        await debian.install(
          ["debootstrap"],
          "it makes the node's file system",
        );
      const partial = `${root}.partial`;
      await removeFileSystem(partial);
      mkdirSync(join(partial, ".."), { recursive: true });
      await run(
        "debootstrap",
        [
          "--variant=minbase",
          `--include=${nodePackages.join(",")}`,
          release,
          partial,
          await debian.mirror(),
        ],
        { log: "node-root", onLine: report },
      );
      for (const unused of [
        "var/cache/apt",
        "var/lib/apt/lists",
        "usr/share/doc",
        "usr/share/locale",
        "usr/share/man",
      ])
        rmSync(join(partial, unused), { recursive: true, force: true });
      renameSync(partial, root);
    },
  );
  return root;
}

/** Makes the node image, unless Docker has it. */
export async function ensureNodeImage(): Promise<void> {
  if (await imageExists(nodeImage)) return;
  const root = await ensureNodeFileSystem();
  await step("image of the Kubernetes node", async () => {
    const stage = join(cache, "node-stage");
    rmSync(stage, { recursive: true, force: true });
    const programs = join(stage, "node/bin");
    mkdirSync(programs, { recursive: true });
    mkdirSync(join(stage, "node/conf"));
    for (const program of ["kube", "coredns", "metallb-controller"])
      await cp(join(toolchain.bin, program), join(programs, program));
    for (const alias of [
      "etcd",
      "kubeadm",
      "kubectl",
      "kubelet",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-network-policy",
      "kube-proxy",
      "kube-scheduler",
      "kube-volumes",
      "metrics-server",
    ])
      await run("ln", ["-s", "kube", join(programs, alias)]);
    copyScript(
      join(import.meta.dirname, "node.sh"),
      join(stage, "node/node.sh"),
    );
    await cp(toolchain.loadBalancerKinds, join(stage, "node/crds"), {
      recursive: true,
    });
    const pause = "localhost:5001/pause:1";
    await importImage(
      ["-C", join(root, "usr/bin"), "catatonit"],
      ['ENTRYPOINT ["/catatonit","-P"]'],
      pause,
    );
    await run("docker", ["save", "-o", join(stage, "node/pause.tar"), pause]);
    await run("docker", ["image", "rm", pause]);
    await importImage(
      ["-C", root, ".", "-C", stage, "node"],
      ['ENTRYPOINT ["/node/node.sh"]', "ENV PATH=/node/bin:/usr/sbin:/usr/bin"],
      nodeImage,
    );
    rmSync(stage, { recursive: true });
  });
}

/**
 * Makes the services' base image, unless Docker has it: Debian's C library and certificates, and the Node.js binary that
 * runs here. Laid out as gcr.io/distroless/nodejs24-debian13 is (entry point /nodejs/bin/node, user 65532), so that
 * either runs the same Dockerfile.
 */
export async function ensureBaseImage(): Promise<void> {
  if (!(await imageExists(localBase))) {
    await step("base image of the services, from Debian packages", async () => {
      const work = join(cache, "base-root");
      rmSync(work, { recursive: true, force: true });
      const root = join(work, "root");
      const downloads = join(work, "packages");
      mkdirSync(join(root, "nodejs/bin"), { recursive: true });
      mkdirSync(downloads);
      for (const folder of ["etc/ssl/certs", "home/nonroot", "tmp"])
        mkdirSync(join(root, folder), { recursive: true });
      await debian.updateLists();
      await run("chmod", ["1777", join(root, "tmp")]);
      await run(
        "apt-get",
        ["download", "libc6", "libstdc++6", "libgcc-s1", "ca-certificates"],
        { cwd: downloads, log: "apt" },
      );
      for (const file of await readdir(downloads))
        await run("dpkg-deb", ["-x", join(downloads, file), root]);
      for (const unused of [
        "usr/share/doc",
        "usr/share/lintian",
        `usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/gconv`,
      ])
        rmSync(join(root, unused), { recursive: true, force: true });
      await run(
        "sh",
        [
          "-c",
          "find usr/share/ca-certificates -name '*.crt' | LC_ALL=C sort | xargs cat >etc/ssl/certs/ca-certificates.crt && " +
            "echo 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >etc/passwd && " +
            "echo 'root:x:0:\nnonroot:x:65532:' >etc/group",
        ],
        { cwd: root },
      );
      await cp(process.execPath, join(root, "nodejs/bin/node"));
      await importImage(
        ["-C", root, "."],
        [
          'ENTRYPOINT ["/nodejs/bin/node"]',
          "USER 65532",
          "WORKDIR /home/nonroot",
          "ENV PATH=/nodejs/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        ],
        localBase,
      );
      rmSync(work, { recursive: true });
    });
  }
}

/** Puts the base image into the cluster's registry, where `FROM` names it. */
export const pushBaseImage = () => pushImage(localBase, baseImage);

/** Removes what an interrupted debootstrap left: it may still be at it, and have this machine's /proc and /sys mounted in there. */
async function removeFileSystem(root: string): Promise<void> {
  for (const { pid, command } of processes())
    if (command.includes(root)) end(pid);
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mount) => mount.startsWith(`${root}/`));
  for (const mount of mounts.reverse()) await run("umount", [mount]);
  rmSync(root, { recursive: true, force: true });
}
