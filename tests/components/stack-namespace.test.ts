import assert from "node:assert/strict";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { DeploymentRecord } from "../../components/deployment-record.ts";
import {
  contextChangeIssue,
  createDefaultAccount,
  createNamespace,
  namespaceIssue,
} from "../../components/stack-namespace.ts";
import {
  namespaceObject,
  useApiServer,
} from "../support/components/api-server.ts";
import {
  deploy,
  ends,
  only,
  recordOptions,
  warnings,
} from "../support/components/engine.ts";
import { namespaceType } from "../support/components/program.ts";
import { withRegistry } from "../support/components/registry.ts";
import { useFolders } from "../support/folders.ts";

describe("contextChangeIssue", () => {
  const servers = new Map<string, string | undefined>([
    ["old", "https://one:6443"],
    ["same", "https://one:6443"],
    ["new", "https://two:6443"],
  ]);
  const change = (record: Partial<DeploymentRecord>, context: string) =>
    contextChangeIssue(
      context,
      { hasNamespace: true, programs: [], ...record },
      servers,
    );

  it("accepts any context for a stack that was never deployed", () => {
    assert.equal(change({}, "new"), undefined);
  });

  it("accepts the context that the stack is deployed to", () => {
    assert.equal(change({ context: "old" }, "old"), undefined);
  });

  it("accepts another name of the same API server", () => {
    assert.equal(change({ context: "old" }, "same"), undefined);
  });

  for (const [context, before] of [
    ["new", "old"],
    ["new", "gone"],
  ] as const)
    it(`rejects ${context} for a stack that is deployed to ${before}, and says how to move`, () => {
      assert.equal(
        change({ context: before }, context),
        `marquee:context is "${context}", but this stack is deployed to "${before}": its objects and data there would be left behind. ` +
          "To move, run `pulumi destroy` with the former context first, or use a new stack (`pulumi stack init`). " +
          "If both names mean the same cluster, keep both contexts in the kubeconfig for this update.",
      );
    });
});

describe("namespaceIssue", () => {
  const useFolder = useFolders();
  const { objects, kubeconfig } = useApiServer();
  const path = "/api/v1/namespaces/marquee-dev";
  const issue = (adopt?: string) => {
    const folder = useFolder({ kubeconfig: kubeconfig() });
    const files = [join(folder, "kubeconfig")];
    return namespaceIssue("marquee-dev", adopt, "here", { files });
  };

  it("accepts a namespace that does not exist", async () => {
    assert.equal(await issue(), undefined);
  });

  it("rejects an existing namespace, and says how to adopt it, deploy beside it, or delete it", async () => {
    objects[path] = namespaceObject("marquee-dev", {
      "marquee.local/owner": "theirs",
    });
    const text = (await issue()) ?? "";
    assert.match(text, /^The namespace marquee-dev exists in this cluster, /);
    for (const command of [
      "`pulumi stack init`",
      "`pulumi config set marquee:adopt theirs`",
      "`kubectl delete namespace marquee-dev`",
    ])
      assert.ok(text.includes(command), text);
  });

  it("accepts an existing namespace only with its owner's mark", async () => {
    objects[path] = namespaceObject("marquee-dev", {
      "marquee.local/owner": "theirs",
    });
    assert.equal(await issue("theirs"), undefined);
    assert.match((await issue("formerly-theirs")) ?? "", /exists/);
  });

  it("accepts an existing namespace without a mark by its uid", async () => {
    objects[path] = namespaceObject("marquee-dev");
    assert.match((await issue()) ?? "", /marquee:adopt uid-of-marquee-dev`/);
    assert.equal(await issue("uid-of-marquee-dev"), undefined);
  });

  it("reports why the cluster is unreachable", async () => {
    await withRegistry(undefined, async (closed) => {
      const folder = useFolder({
        kubeconfig: kubeconfig().replace(/127\.0\.0\.3:\d+/, closed),
      });
      const files = [join(folder, "kubeconfig")];
      assert.match(
        (await namespaceIssue("marquee-dev", undefined, "here", { files })) ??
          "",
        /^The cluster of marquee:context "here" does not tell whether the namespace marquee-dev exists: connect ECONNREFUSED 127\.0\.0\.1:\d+\.$/,
      );
    });
  });
});

describe("createNamespace", () => {
  const unmarked = { hasNamespace: true, programs: [] };
  const marked = { ...unmarked, context: "here", owner: "ours" };
  /** Creates the namespace in a cluster where it has the mark `found`. */
  async function create(
    record: DeploymentRecord,
    { found, retain = false, preview = false } = {} as {
      found?: string;
      retain?: boolean;
      preview?: boolean;
    },
  ) {
    const options: Record<string, pulumi.CustomResourceOptions> = {};
    const { resources, outputs } = await deploy(
      async () => {
        const namespace = await createNamespace(
          "marquee-dev",
          record,
          { retain },
          recordOptions(options),
        );
        createDefaultAccount(namespace.name, undefined, recordOptions(options));
        return namespace;
      },
      {
        preview,
        answers: {
          [namespaceType]: ({ inputs }) =>
            found === undefined
              ? {}
              : {
                  metadata: {
                    ...inputs.metadata,
                    annotations: { "marquee.local/owner": found },
                  },
                },
        },
      },
    );
    return {
      outputs,
      resources,
      options: options["marquee-dev"],
      account: options.default,
      mark: only(resources, namespaceType).inputs.metadata.annotations[
        "marquee.local/owner"
      ],
    };
  }

  it("marks a new namespace with an owner of its own", async () => {
    const one = await create({ ...unmarked, hasNamespace: false });
    const other = await create({ ...unmarked, hasNamespace: false });
    assert.match(one.mark, /^[\w-]{16}$/);
    assert.notEqual(one.mark, other.mark);
    assert.equal(one.outputs.owner, one.mark);
    assert.equal(one.options?.ignoreChanges, undefined);
  });

  it("keeps its mark, and does not overwrite another one", async () => {
    const { mark, options } = await create(marked);
    assert.equal(mark, "ours");
    assert.deepEqual(options?.ignoreChanges, [
      'metadata.annotations["marquee.local/owner"]',
    ]);
  });

  it("marks a namespace that an earlier version created without a mark", async () => {
    const { mark, options } = await create(unmarked);
    assert.match(mark, /^[\w-]{16}$/);
    assert.equal(options?.ignoreChanges, undefined);
  });

  it("stops an update of a namespace that another state has taken over", () =>
    ends(
      create(marked, { found: "theirs" }),
      /^Another Pulumi state has taken over the namespace marquee-dev since this stack's last update\. .*`pulumi stack rm --force`.* Nothing in it was changed\.$/,
    ));

  it("only warns in a preview of a namespace that another state has taken over", async () => {
    const warned = await warnings(() =>
      create(marked, { found: "theirs", preview: true }),
    );
    assert.match(warned.join(), /taken over.*`pulumi up` will fail/);
  });

  for (const retain of [true, false])
    it(`${retain ? "retains" : "deletes"} the namespace of a destroyed stack with retainData ${retain}`, async () => {
      const { options } = await create(marked, { retain });
      assert.equal(options?.retainOnDelete, retain);
    });

  it("keeps a default ServiceAccount without a token", async () => {
    const { resources, account } = await create(marked);
    assert.equal(account?.retainOnDelete, true);
    assert.deepEqual(
      only(resources, "kubernetes:core/v1:ServiceAccount").inputs,
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: {
          name: "default",
          namespace: "marquee-dev",
          annotations: { "pulumi.com/patchForce": "true" },
        },
        automountServiceAccountToken: false,
      },
    );
  });
});
