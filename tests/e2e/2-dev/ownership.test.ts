import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  begin,
  ensureUp,
  generations,
  json,
  ok,
  restoreDev,
  revertFiles,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { password, site } from "../../support/e2e/people.ts";

const post = (url: string, body: object, token?: string) =>
  fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
const statusOfMe = async (token: string) => {
  const { status } = await fetch(`${site}/api/auth/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return status;
};
/** The value that adopts a stack's namespace. */
const owner = (namespace: string) =>
  ok(
    `kubectl get namespace ${namespace} -o jsonpath='{.metadata.annotations.marquee\\.local/owner}'`,
  );

describe("Ownership of a stack's data", function () {
  this.timeout("5m");
  const folder = mkdtempSync(join(tmpdir(), "marquee-colleague-"));
  /** The command with another Pulumi state, but the same clone and kubeconfig. */
  const colleague = (command: string) =>
    `PULUMI_BACKEND_URL=file://${folder} ${command}`;
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });
  afterEach(revertFiles);
  after(() => rmSync(folder, { recursive: true }));

  describe("second Pulumi state", () => {
    let email: string;
    let token: string;
    before(async () => {
      email = `owner-${Date.now()}@example.com`;
      const response = await post(`${site}/api/auth/signup`, {
        email,
        password,
      });
      assert.equal(response.status, 201);
      token = ((await response.json()) as { access_token: string })
        .access_token;
    });
    /** Waits until the account's password and an earlier token are accepted. */
    const isKept = () =>
      until(async () => {
        const login = await post(`${site}/api/auth/login`, { email, password });
        assert.equal(login.status, 200);
        assert.equal(await statusOfMe(token), 200);
      });

    it("is rejected without marquee:adopt, and changes nothing", async () => {
      const before = await generations();
      await ok(colleague("pulumi stack init dev"));
      const { code, output } = await sh(
        colleague("pulumi up --yes --skip-preview"),
      );
      assert.notEqual(code, 0);
      assert.match(
        output,
        /The namespace marquee-dev exists in this cluster, and this stack's state does not have it/,
      );
      assert.doesNotMatch(output, /^\s+at .+:\d+:\d+\)?$/m, "no stack trace");
      assert.deepEqual(await generations(), before);
      await ok("pulumi preview --expect-no-changes");
    });

    it("adopts the data with their keys and passwords, after which the former state is rejected", async () => {
      const mark = await owner("marquee-dev");
      await ok(colleague(`pulumi config set marquee:adopt ${mark}`));
      await ok(colleague("pulumi up --yes --skip-preview"));
      await isKept();
      await revertFiles();
      const former = await sh("pulumi up --yes --skip-preview");
      assert.notEqual(former.code, 0);
      assert.match(
        former.output,
        /Another Pulumi state has taken over the namespace marquee-dev/,
      );
      await isKept();
    });

    it("hands the data back only to an update with its owner mark", async () => {
      await ok(
        "pulumi stack rm dev --yes --force && git checkout --quiet . && pulumi stack init dev",
      );
      await ok("pulumi config set marquee:adopt not-its-owner");
      assert.notEqual((await sh("pulumi up --yes --skip-preview")).code, 0);
      const mark = await owner("marquee-dev");
      await ok(`pulumi config set marquee:adopt ${mark}`);
      await ok("pulumi up --yes --skip-preview");
      await ok("git checkout --quiet . && pulumi preview --expect-no-changes");
      await isKept();
    });
  });

  it("rejects an update with another context, which would leave the data behind", async () => {
    const before = await generations();
    const kubeconfig = join(folder, "kubeconfig");
    await ok(
      `cp "$KUBECONFIG" ${kubeconfig} &&
       kubectl --kubeconfig ${kubeconfig} config set-cluster other --server https://127.0.0.2:6444 &&
       kubectl --kubeconfig ${kubeconfig} config set-context other --cluster other --user marquee-local`,
    );
    await ok(
      `pulumi config set marquee:context other &&
       pulumi config set marquee:registry 127.0.0.2:5001 &&
       pulumi config set marquee:baseImage 127.0.0.2:5001/node:24 &&
       pulumi config set --path marquee:database.image 127.0.0.2:5001/postgres:17`,
    );
    const { code, output } = await sh(
      `KUBECONFIG=${kubeconfig} pulumi up --yes --skip-preview`,
    );
    assert.notEqual(code, 0);
    assert.match(
      output,
      /marquee:context is "other", but this stack is deployed to "marquee-local"/,
    );
    assert.deepEqual(await generations(), before);
  });

  describe("rollout of the database", () => {
    const pod = () => json("kubectl get pod postgres-0 -o json");
    /** Runs an update until a condition holds, and cancels it as Ctrl-C does. */
    async function upUntil(condition: () => Promise<void>): Promise<void> {
      const update = begin("exec pulumi up --yes --skip-preview");
      update.stdout?.resume();
      update.stderr?.resume();
      const ended = new Promise((resolve) => update.on("close", resolve));
      try {
        await until(condition);
      } finally {
        update.kill("SIGINT");
        await ended;
      }
    }

    it("keeps the old pod serving while a new image can't be pulled", async () => {
      const before = await pod();
      await ok(
        `pulumi config set --path 'marquee:database.image' 127.0.0.2:5001/postgres@sha256:${"0".repeat(64)}`,
      );
      await upUntil(async () => {
        const { items } = await json(
          "kubectl get pods -l app.kubernetes.io/name=postgres -o json",
        );
        const waiting = items.flatMap(
          ({ status }: { status: Status }) =>
            status.containerStatuses?.map(
              ({ state }) => state.waiting?.reason,
            ) ?? [],
        );
        assert.ok(
          waiting.some((reason: string) =>
            /^(ErrImagePull|ImagePullBackOff)$/.test(reason),
          ),
        );
      });
      const after = await pod();
      assert.equal(after.metadata.uid, before.metadata.uid);
      assert.equal(after.status.containerStatuses[0].ready, true);
      await restoreDev();
      assert.equal((await pod()).metadata.uid, before.metadata.uid);
    });

    it("is repaired by the next update if the pod fits on no node", async () => {
      for (const part of ["requests", "limits"])
        await ok(
          `pulumi config set --path 'marquee:database.resources.${part}.memory' 900Gi`,
        );
      await upUntil(async () => {
        const { status } = await pod();
        assert.equal(status.phase, "Pending");
        assert.match(JSON.stringify(status.conditions), /Insufficient memory/);
      });
      await restoreDev();
      const { status } = await pod();
      assert.equal(status.containerStatuses[0].ready, true);
      await ok("pulumi preview --expect-no-changes");
    });
  });
});

interface Status {
  containerStatuses?: { state: { waiting?: { reason?: string } } }[];
}
