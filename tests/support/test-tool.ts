/** A program that tests install or build on first use. `npm test` lists the missing ones before it starts. */
export interface TestTool {
  name: string;
  /** Where it comes from and where it is put, as a phrase. */
  source: string;
  /** What tests need it for: "to …". */
  reason: string;
  isReady(): boolean;
}

/** Sources, in the words of the list. */
export const sources = {
  installed: "Debian packages, installed on this machine",
  unpacked: "Debian packages, unpacked into the cache",
  goModules: "Go modules, built in a container into the cache",
  pyPi: "PyPI packages, in a Python environment in the cache",
};
