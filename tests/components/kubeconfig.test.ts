import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { nodeHost, readKubeconfig } from "../../components/kubeconfig.ts";
import { useFolders } from "../support/folders.ts";

/** A kubeconfig with one context per entry, each with a cluster of its own. */
const kubeconfig = (contexts: Record<string, string>) =>
  JSON.stringify({
    clusters: Object.values(contexts).map((server) => ({
      name: `cluster at ${server}`,
      cluster: { server },
    })),
    contexts: Object.entries(contexts).map(([name, server]) => ({
      name,
      context: { cluster: `cluster at ${server}` },
    })),
  });

describe("readKubeconfig", () => {
  const useFolder = useFolders();
  const files = (contents: Record<string, string>, ...names: string[]) => {
    const folder = useFolder(contents);
    return names.map((name) => join(folder, name));
  };
  const read = (...paths: string[]) => readKubeconfig(paths.join(delimiter));

  it("reads the contexts of every file in KUBECONFIG", () => {
    const paths = files(
      {
        one: kubeconfig({ local: "https://127.0.0.1:6443" }),
        two: kubeconfig({ cloud: "https://k8s.example.com" }),
      },
      "one",
      "two",
    );
    assert.deepEqual(read(...paths), {
      files: paths,
      servers: new Map([
        ["local", "https://127.0.0.1:6443"],
        ["cloud", "https://k8s.example.com"],
      ]),
    });
  });

  it("names the file that can't be read", () => {
    const [path] = files({ broken: "contexts: [" }, "broken");
    assert.throws(
      () => read(path as string),
      (error) =>
        pulumi.RunError.isInstance(error) &&
        error.message.startsWith(`The kubeconfig ${path} can't be read`),
    );
  });

  it("takes a context from the first file that names it", () => {
    const paths = files(
      {
        one: kubeconfig({ local: "https://first" }),
        two: kubeconfig({ local: "https://second" }),
      },
      "one",
      "two",
    );
    assert.equal(read(...paths).servers.get("local"), "https://first");
  });

  it("finds the cluster of a context in another file, as kubectl does", () => {
    const { contexts, clusters } = JSON.parse(
      kubeconfig({ local: "https://127.0.0.1:6443" }),
    );
    const paths = files(
      { one: JSON.stringify({ contexts }), two: JSON.stringify({ clusters }) },
      "one",
      "two",
    );
    assert.equal(read(...paths).servers.get("local"), "https://127.0.0.1:6443");
  });

  it("ignores missing and empty files", () => {
    const paths = files(
      { empty: "", one: kubeconfig({ local: "https://127.0.0.1:6443" }) },
      "missing",
      "empty",
      "one",
    );
    assert.deepEqual(read("", ...paths), {
      files: paths,
      servers: new Map([["local", "https://127.0.0.1:6443"]]),
    });
  });

  it("reads YAML, and accepts a context whose cluster is missing", () => {
    const paths = files(
      { one: "contexts:\n- name: lost\n  context:\n    cluster: gone\n" },
      "one",
    );
    assert.deepEqual(read(...paths).servers, new Map([["lost", undefined]]));
  });

  it("reads ~/.kube/config if KUBECONFIG is empty", () => {
    const home = process.env.HOME;
    const folder = useFolder({
      ".kube/config": kubeconfig({ home: "https://10.0.0.1" }),
    });
    process.env.HOME = folder;
    try {
      assert.deepEqual(readKubeconfig(""), {
        files: [join(folder, ".kube/config")],
        servers: new Map([["home", "https://10.0.0.1"]]),
      });
    } finally {
      if (home === undefined) delete process.env.HOME;
      else process.env.HOME = home;
    }
  });
});

describe("nodeHost", () => {
  const host = (server: string | undefined) =>
    nodeHost({ files: [], servers: new Map([["here", server]]) }, "here");

  it("returns the host of the API server", () => {
    assert.equal(host("https://127.0.0.2:6443"), "127.0.0.2");
  });

  for (const [server, expected] of [
    ["https://192.168.49.2:8443", "192.168.49.2"], // minikube, where Docker's network is reached
    ["https://localhost:6443", "localhost"],
    ["https://[::1]:6443", "[::1]"],
    ["https://[2001:db8::1]:443", "[2001:db8::1]"],
  ] as const)
    it(`returns ${expected} for ${server}`, () => {
      assert.equal(host(server), expected);
    });

  for (const server of [
    "https://127.0.0.1:38923", // kind
    "https://0.0.0.0:43127", // k3d
    "https://localhost:49154",
    "https://abc.eks.amazonaws.com",
  ])
    it(`returns undefined for ${server}, whose host serves no node ports`, () => {
      assert.equal(host(server), undefined);
    });

  it("returns undefined if the API server's address is missing or invalid", () => {
    assert.equal(host(undefined), undefined);
    assert.equal(host("no address"), undefined);
  });
});
