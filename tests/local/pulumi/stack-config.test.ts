import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localContext } from "../../../config/local-cluster.ts";
import type { StackValue } from "../../../local/commands/up-options.ts";
import {
  configureStack,
  hasStackConfig,
  requireDeployedContext,
  setStackConfig,
  stackContext,
} from "../../../local/pulumi/stack-config.ts";
import { UserError } from "../../../local/user-error.ts";
import { withRegistry } from "../../support/components/registry.ts";
import { useFolders } from "../../support/folders.ts";

describe("Stack dev's configuration", () => {
  const useFolder = useFolders();
  const file = (text: string) =>
    join(useFolder({ "Pulumi.dev.yaml": text }), "Pulumi.dev.yaml");

  it("names only the context of the local cluster in the repository, not its registry, images and platform", () => {
    assert.equal(stackContext(), localContext);
    for (const key of ["registry", "baseImage", "platform"])
      assert.ok(!hasStackConfig(`marquee:${key}`), key);
  });

  it("keeps its comments, other keys and long lines when values are set", () => {
    const long = "x".repeat(200);
    const config = file(`# Mine
config:
  marquee:context: marquee-local # here
  marquee:database:
    storage: 1Gi
  marquee:adopt: ${long}
`);
    setStackConfig(
      [
        { path: ["marquee:context"], value: "kind-kind" },
        { path: ["marquee:registry"], value: "localhost:5001" },
        { path: ["marquee:database", "image"], value: "postgres:17" },
      ],
      config,
    );
    assert.equal(
      readFileSync(config, "utf8"),
      `# Mine
config:
  marquee:context: kind-kind # here
  marquee:database:
    storage: 1Gi
    image: postgres:17
  marquee:adopt: ${long}
  marquee:registry: localhost:5001
`,
    );
    assert.equal(stackContext(config), "kind-kind");
    assert.ok(hasStackConfig("marquee:registry", config));
  });

  it("has no context if the file sets none", () => {
    assert.equal(stackContext(file("config: {}\n")), undefined);
  });
});

describe("configureStack", () => {
  const useFolder = useFolders();
  const dev = "config:\n  marquee:context: marquee-local\n";
  const kubeconfig = `
contexts:
  - { name: kind-kind, context: { cluster: kind } }
  - { name: alias, context: { cluster: kind } }
clusters: [{ name: kind, cluster: { server: "https://127.0.0.1:1" } }]
`;
  const prepare = (text: string) => {
    const folder = useFolder({ "Pulumi.dev.yaml": text, kubeconfig });
    return {
      file: join(folder, "Pulumi.dev.yaml"),
      kubeconfig: join(folder, "kubeconfig"),
    };
  };
  const context = (value: string): StackValue => ({
    path: ["marquee:context"],
    value,
  });
  const registry = (value: string): StackValue => ({
    path: ["marquee:registry"],
    value,
  });
  const image: StackValue = {
    path: ["marquee:database", "image"],
    value: "postgres:17",
  };

  const rejects = async (
    values: StackValue[],
    words: RegExp,
    text: string = dev,
  ) => {
    const files = prepare(text);
    await assert.rejects(
      configureStack(values, files),
      (error) => error instanceof UserError && words.test(error.message),
    );
    assert.equal(readFileSync(files.file, "utf8"), text);
  };

  it("writes the values if the kubeconfig has the context and the registry answers", () =>
    withRegistry(200, async (host) => {
      const files = prepare(dev);
      await configureStack([context("kind-kind"), registry(host)], files);
      assert.equal(
        readFileSync(files.file, "utf8"),
        `config:\n  marquee:context: kind-kind\n  marquee:registry: ${host}\n`,
      );
    }));

  it("writes nothing for a context that the kubeconfig lacks", () =>
    rejects(
      [context("nope"), registry("localhost:1")],
      /^--context is nope, and .*kubeconfig has only kind-kind and alias\.$/,
    ));

  it("writes nothing if the kubeconfig is invalid YAML", async () => {
    const files = prepare(dev);
    writeFileSync(files.kubeconfig, "contexts: [\n");
    await assert.rejects(
      configureStack([context("kind-kind"), registry("localhost:1")], files),
      (error) =>
        error instanceof UserError &&
        /^The kubeconfig .* can't be read/.test(error.message),
    );
    assert.equal(readFileSync(files.file, "utf8"), dev);
  });

  it("writes nothing without a registry", () =>
    rejects([context("kind-kind")], /^--registry is missing/));

  it("writes nothing for a server that is not a registry", () =>
    withRegistry(404, (host) =>
      rejects([context("kind-kind"), registry(host)], /answers 404/),
    ));

  it("writes nothing for a registry that does not answer", () =>
    withRegistry(undefined, (host) =>
      rejects([context("kind-kind"), registry(host)], /does not answer/),
    ));

  it("writes nothing for a stack that is deployed to another cluster", () =>
    withRegistry(200, async (host) => {
      const files = prepare(dev);
      const values = [context("kind-kind"), registry(host)];
      await assert.rejects(
        configureStack(values, { ...files, deployedTo: "marquee-local" }),
        (error) =>
          error instanceof UserError &&
          error.message.includes(
            'marquee:context is "kind-kind", but this stack is deployed to "marquee-local"',
          ) &&
          error.message.includes("`npm run down`"),
      );
      assert.equal(readFileSync(files.file, "utf8"), dev);
    }));

  it("writes nothing into a file that is invalid YAML", () =>
    withRegistry(200, (host) =>
      rejects(
        [context("kind-kind"), registry(host)],
        /Pulumi\.dev\.yaml is invalid YAML: /,
        "config: [\n",
      ),
    ));

  it("writes nothing if the parent of a key is not a map", () =>
    withRegistry(200, (host) =>
      rejects(
        [context("kind-kind"), registry(host), image],
        /Pulumi\.dev\.yaml has "small" at marquee:database: it must be a map/,
        "config:\n  marquee:database: small\n",
      ),
    ));

  it("says how to restore a missing file", async () => {
    const files = prepare(dev);
    rmSync(files.file);
    await withRegistry(200, (host) =>
      assert.rejects(
        configureStack([context("kind-kind"), registry(host)], files),
        /Pulumi\.dev\.yaml is missing\. .*git checkout/,
      ),
    );
  });
});

describe("requireDeployedContext", () => {
  const useFolder = useFolders();
  const prepare = () =>
    join(
      useFolder({
        kubeconfig: `
contexts:
  - { name: one, context: { cluster: a } }
  - { name: same, context: { cluster: a } }
  - { name: other, context: { cluster: b } }
clusters:
  - { name: a, cluster: { server: "https://a:6443" } }
  - { name: b, cluster: { server: "https://b:6443" } }
`,
      }),
      "kubeconfig",
    );

  it("accepts a stack that is not deployed, and the context that it is deployed to", async () => {
    await requireDeployedContext("one", undefined, prepare());
    await requireDeployedContext("gone", "gone", prepare());
  });

  it("accepts another context of the same API server", () =>
    requireDeployedContext("same", "one", prepare()));

  it("rejects a context of another API server", () =>
    assert.rejects(
      requireDeployedContext("other", "one", prepare()),
      (error) =>
        error instanceof UserError &&
        /deployed to "one"/.test(error.message) &&
        !error.message.includes("npm run down"),
    ));

  it("rejects the local cluster while the stack is deployed to a context that the kubeconfig lacks", () =>
    assert.rejects(
      requireDeployedContext(localContext, "gone", prepare()),
      /deployed to "gone"/,
    ));
});
