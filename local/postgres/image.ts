import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { registry } from "../cluster/addresses.ts";
import { contentKey } from "../content-key.ts";
import * as debian from "../debian.ts";
import {
  copyScript,
  imageExists,
  importImage,
  pushImage,
} from "../docker-image.ts";
import { cache, run } from "../host.ts";
import { step } from "../progress.ts";
import { inTurn } from "../turn.ts";

/** Debian's release that has PostgreSQL 17; Docker's official image is made of it, too. */
const release = "trixie";

/** PostgreSQL and everything that it and its entry point load. */
const packages = [
  ...["postgresql-17", "postgresql-client-17", "libpq5", "tzdata"],
  ...["base-files", "bash", "coreutils", "dash", "gzip"],
  ...["libc6", "libc-bin", "libgcc-s1", "libstdc++6", "zlib1g", "libzstd1"],
  ...["libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0"],
  ...["libkeyutils1", "libcom-err2", "libicu76", "libldap2", "libsasl2-2"],
  ...["liblz4-1", "libpam0g", "libaudit1", "libcap-ng0", "libselinux1"],
  ...["libpcre2-8-0", "libssl3t64", "libsystemd0", "libcap2", "libuuid1"],
  ...["libxml2", "liblzma5", "libxslt1.1", "libreadline8t64", "libtinfo6"],
  ...["libgcrypt20", "libgpg-error0", "libxxhash0", "libacl1", "libattr1"],
  ...["libbsd0", "libmd0", "libgmp10"],
];

const entrypoint = join(import.meta.dirname, "docker-entrypoint.sh");

/** The image as Docker here knows it, for the tests of services as well. */
export const localPostgres = `marquee/postgres:17-${contentKey([import.meta.filename, entrypoint]).slice(0, 8)}`;

/** Whether it was made before. */
export const havePostgresImage = () => imageExists(localPostgres);

/**
 * Makes the image of PostgreSQL 17, unless Docker has it: Debian's packages, with environment variables, user and folders as
 * Docker's official image `postgres:17` has them, so that either runs in the other's place.
 */
export async function ensurePostgresImage(): Promise<void> {
  if (await havePostgresImage()) return;
  await inTurn(
    {
      lock: "postgres-image.lock",
      holder: "another process that makes the image of PostgreSQL",
    },
    async () => {
      if (!(await havePostgresImage())) await makePostgresImage();
    },
  );
}

const makePostgresImage = () =>
  step("image of PostgreSQL, from Debian packages", async () => {
    const root = join(cache, "postgres-root");
    const imported = `${localPostgres}-imported`;
    rmSync(root, { recursive: true, force: true });
    await debian.unpack(release, packages, root);
    const at = (path: string) => join(root, path);
    const lib = "usr/lib/postgresql/17/lib";
    for (const unused of [
      ...["usr/share/doc", "usr/share/locale", "usr/share/man"],
      ...["usr/share/lintian", "usr/share/postgresql/17/man"],
      ...["bitcode", "llvmjit.so", "llvmjit_types.bc"].map(
        (part) => `${lib}/${part}`, // compiles queries, with a compiler of 120 MB
      ),
      `usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/gconv`,
    ])
      rmSync(at(unused), { recursive: true, force: true });

    // What the packages' scripts would have made.
    writeFileSync(
      at("etc/passwd"),
      "root:x:0:0:root:/root:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\n",
    );
    writeFileSync(at("etc/group"), "root:x:0:\npostgres:x:999:\n");
    writeFileSync(at("etc/nsswitch.conf"), "hosts: files dns\n");
    symlinkSync("/usr/share/zoneinfo/Etc/UTC", at("etc/localtime"));
    rmSync(at("var/run"), { recursive: true, force: true });
    symlinkSync("/run", at("var/run"));
    for (const [folder, mode] of [
      ["docker-entrypoint-initdb.d", 0o755],
      ["run/postgresql", 0o3777],
      ["tmp", 0o1777],
      ["var/lib/postgresql", 0o1777],
      ["var/lib/postgresql/data", 0o1777],
    ] as const) {
      mkdirSync(at(folder), { recursive: true });
      chmodSync(at(folder), mode);
    }
    appendFileSync(
      at("usr/share/postgresql/17/postgresql.conf.sample"),
      "listen_addresses = '*'\n",
    );
    mkdirSync(at("usr/local/bin"), { recursive: true });
    copyScript(entrypoint, at("usr/local/bin/docker-entrypoint.sh"));
    await importImage(
      ["-C", root, "."],
      [
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'CMD ["postgres"]',
        "EXPOSE 5432",
        "VOLUME /var/lib/postgresql/data",
        "ENV PATH=/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data PG_MAJOR=17",
      ],
      imported,
    );
    // `docker import` can't say this. With SIGTERM, PostgreSQL would wait for its clients to leave.
    await run("docker", ["build", "--quiet", "--tag", localPostgres, "-"], {
      input: `FROM ${imported}\nSTOPSIGNAL SIGINT\n`,
      env: { ...process.env, DOCKER_BUILDKIT: "0" },
      log: "docker",
    });
    await run("docker", ["image", "rm", imported]);
    rmSync(root, { recursive: true });
  });

/** Puts it into the cluster's registry, where Pulumi.dev.yaml names it. */
export const pushPostgresImage = () =>
  pushImage(localPostgres, `${registry}/postgres:17`);
