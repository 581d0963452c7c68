import assert from "node:assert/strict";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { context, host } from "../../../local/cluster/addresses.ts";
import { writeKubeconfig } from "../../../local/cluster/kubeconfig.ts";
import { useFolders } from "../../support/folders.ts";

/** The kubeconfig that kubeadm writes. */
const admin = (key: string) =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "kubernetes-super-admin@kubernetes",
    clusters: [
      {
        name: "kubernetes",
        cluster: {
          "certificate-authority-data": "Q0E=",
          server: "https://172.30.0.2:6443",
        },
      },
    ],
    users: [
      {
        name: "kubernetes-super-admin",
        user: { "client-certificate-data": "Q0VSVA==", "client-key-data": key },
      },
    ],
  });

describe("writeKubeconfig", () => {
  const useFolder = useFolders();

  it("writes the published address and the context that stack configs name, readable only by the owner", () => {
    const file = join(useFolder(), "kubeconfig");
    writeKubeconfig(admin("S0VZ"), file);
    const { contexts, clusters, users, ...rest } = parse(
      readFileSync(file, "utf8"),
    );
    assert.equal(rest["current-context"], context);
    assert.deepEqual(contexts, [
      {
        name: context,
        context: { cluster: context, user: context, namespace: "marquee-dev" },
      },
    ]);
    assert.deepEqual(clusters, [
      {
        name: context,
        cluster: {
          "certificate-authority-data": "Q0E=",
          server: `https://${host}:6443`,
        },
      },
    ]);
    assert.deepEqual(users, [
      {
        name: context,
        user: {
          "client-certificate-data": "Q0VSVA==",
          "client-key-data": "S0VZ",
        },
      },
    ]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("replaces changed credentials", () => {
    const file = join(
      useFolder({ kubeconfig: "another cluster's" }),
      "kubeconfig",
    );
    writeKubeconfig(admin("S0VZ"), file);
    writeKubeconfig(admin("TkVX"), file);
    assert.match(readFileSync(file, "utf8"), /TkVX/);
    assert.doesNotMatch(readFileSync(file, "utf8"), /S0VZ|another/);
  });

  it("doesn't touch a file that is up to date", () => {
    const file = join(useFolder(), "kubeconfig");
    writeKubeconfig(admin("S0VZ"), file);
    utimesSync(file, 1, 1);
    writeKubeconfig(admin("S0VZ"), file);
    assert.equal(statSync(file).mtimeMs, 1000);
  });
});
