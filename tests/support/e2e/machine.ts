import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Settings that count something or are random. */
const volatile =
  /^(fs\/(dentry-state|file-nr|inode-nr|inode-state|quota\/|aio-nr)|kernel\/(ns_last_pid|random\/|pty\/nr|tainted))/;

/** The machine's kernel settings (`sysctl -a`) outside of net, where a Docker engine sets its own. */
export function kernelSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const area of ["fs", "kernel", "vm"])
    for (const file of readdirSync(join("/proc/sys", area), {
      recursive: true,
      encoding: "utf8",
    })) {
      const name = `${area}/${file}`;
      if (volatile.test(name)) continue;
      try {
        settings[name] = readFileSync(join("/proc/sys", name), "utf8");
      } catch {} // a folder, or a setting that can only be written
    }
  return settings;
}

/** The file in which run.ts keeps the settings from before the first lane. */
const { MARQUEE_KERNEL_SETTINGS: kept } = process.env;

/** The settings before the tests: this module is loaded before any test of this process starts a cluster. */
export const kernelSettingsBefore: Record<string, string> = kept
  ? JSON.parse(readFileSync(kept, "utf8"))
  : kernelSettings();
