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

/** The settings before the tests, because this module is loaded before any test starts a cluster. */
export const kernelSettingsBefore = kernelSettings();
