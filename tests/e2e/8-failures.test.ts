import assert from "node:assert/strict";
import { join } from "node:path";
import {
  clone,
  configure,
  edit,
  ensureUp,
  forwarded,
  host,
  ok,
  sh,
} from "./environment.ts";

describe("Pods that can't run", function () {
  this.timeout("10m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
  });
  afterEach(() => ok("git checkout --quiet ."));

  it("fail the update within minutes, with the pod's own reason, while the old pods serve on", async () => {
    const nothing = `${host}:5001/marquee-auth@sha256:${"0".repeat(63)}7`;
    configure("auth", { image: nothing, replicas: 1 });
    edit(
      join(clone(), "services/payment/app.ts"),
      "export function",
      'throw new Error("the ledger is missing");\nexport function',
    );
    const start = Date.now();
    const { code, output } = await sh("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0);
    assert.ok(Date.now() - start < 4 * 60_000);
    const diagnostics = output.slice(output.indexOf("Diagnostics:"));
    assert.match(
      diagnostics,
      /\[auth\]\[(ImagePullBackOff|ErrImagePull)\].*not found/s,
    );
    assert.match(diagnostics, /\[payment\]\[CrashLoopBackOff\]/);
    assert.match(diagnostics, /Error: the ledger is missing/);
    for (const [service, port] of [
      ["auth", 8081],
      ["payment", 8082],
    ] as const)
      assert.equal(
        await forwarded(`${service}-service`, port, async (url) =>
          fetch(`${url}/readyz`).then(({ status }) => status),
        ),
        200,
      );
  });

  it("are mended by the next pulumi up", async () => {
    await ok("pulumi up --yes");
    await ok("kubectl rollout status deployment --timeout=10s");
    assert.match(
      await ok("pulumi preview --expect-no-changes"),
      /31 unchanged/,
    );
  });
});
