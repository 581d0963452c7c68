import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  clone,
  edit,
  ensureUp,
  forwarded,
  generations,
  json,
  ok,
  resourceCount,
  restoreDev,
  revertFiles,
  until,
} from "../../support/e2e/environment.ts";
import { statusFrom } from "../../support/e2e/in-pod.ts";
import { underLoad } from "../../support/e2e/load.ts";
import { newMember, picture, videoOf } from "../../support/e2e/people.ts";

const replicas = async (service = "auth") =>
  (await json(`kubectl get deployment ${service}-deployment -o json`)).status
    .readyReplicas;

describe("Marquee in use", function () {
  this.timeout("5m");
  before(ensureUp);
  afterEach(revertFiles);
  after(restoreDev);

  it("serves ranges of the video outside of the cluster", async () => {
    const file = readFileSync(
      join(
        clone(),
        "services/streaming/assets/titles/northern-lights/720p.mp4",
      ),
    );
    const part = await fetch(await videoOf(await newMember()), {
      headers: { range: "bytes=100-199" },
    });
    assert.equal(part.status, 206);
    assert.equal(
      part.headers.get("content-range"),
      `bytes 100-199/${file.length}`,
    );
    assert.deepEqual(
      Buffer.from(await part.arrayBuffer()),
      file.subarray(100, 200),
    );
  });

  it("shows the login page through kubectl port-forward", async () => {
    const page = await forwarded("auth-service", 8081, async (url) =>
      (await fetch(url)).text(),
    );
    assert.match(page, /<h1>Sign in<\/h1>/);
  });

  it("accepts a payment through kubectl port-forward", async () => {
    const { user, access_token } = await forwarded(
      "auth-service",
      8081,
      async (url) => {
        const response = await fetch(`${url}/signup`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            email: `ada-${Date.now()}@example.com`,
            password: "a long sentence about nothing",
          }),
        });
        return (await response.json()) as {
          user: { id: string };
          access_token: string;
        };
      },
    );
    const paid = await forwarded("payment-service", 8082, async (url) => {
      const response = await fetch(`${url}/pay`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${access_token}`,
          "idempotency-key": `${Date.now()}`,
        },
        body: JSON.stringify({
          user_id: user.id,
          amount: 999,
          currency: "EUR",
          method: "pm_card_visa",
        }),
      });
      return (await response.json()) as Record<string, unknown>;
    });
    assert.equal(paid.message, "Payment successful");
    assert.equal(paid.user_id, user.id);
    assert.equal(paid.amount, 999);
    assert.equal(paid.status, "succeeded");
  });

  it("resolves auth-service and payment-service by name in a pod", async () => {
    for (const host of ["auth-service:8081", "payment-service:8082"])
      assert.equal(
        await statusFrom("streaming", `http://${host}/readyz`),
        "200",
      );
  });

  it("allows only streaming and payment to call auth, only streaming to call payment, and no service to call out", async () => {
    assert.equal(
      await statusFrom("streaming", "http://auth-service:8081/readyz"),
      "200",
    );
    assert.equal(
      await statusFrom("streaming", "http://payment-service:8082/readyz"),
      "200",
    );
    assert.equal(
      await statusFrom("auth", "http://payment-service:8082/readyz"),
      "no response",
    );
    assert.equal(
      await statusFrom("payment", "http://auth-service:8081/readyz"),
      "200",
    );
    assert.equal(
      await statusFrom("payment", "http://172.30.1.2:5001/v2/"),
      "no response",
    );
    assert.equal(
      await statusFrom("auth", "http://streaming-service:8083/readyz"),
      "no response",
    );
    assert.equal(
      await statusFrom("streaming", "http://172.30.1.2:5001/v2/"),
      "no response",
    );
  });

  it("opens no node port for a ClusterIP service", async () => {
    const { spec } = await json("kubectl get service auth-service -o json");
    assert.equal(spec.type, "ClusterIP");
    assert.equal(spec.ports[0].nodePort, undefined);
  });

  it("logs each request as JSON, with the request id that the client got", async () => {
    const response = await fetch(picture, { method: "HEAD" });
    const id = response.headers.get("x-request-id");
    await until(async () => {
      const lines = (
        await ok("kubectl logs -l app=streaming-service --tail=-1")
      )
        .split("\n")
        .map((line) => JSON.parse(line));
      const line = lines.find(({ requestId }) => requestId === id);
      assert.equal(line?.status, 200);
      assert.equal(line?.path, new URL(picture).pathname);
    }, 10);
  });

  it("previews no changes after an update", async () => {
    assert.match(
      await ok("pulumi preview --expect-no-changes"),
      new RegExp(`${await resourceCount()} unchanged`),
    );
  });

  it("previews no changes in another clone with other file modes", async () => {
    const other = mkdtempSync(join(tmpdir(), "marquee-elsewhere-"));
    try {
      await ok(
        `umask 077 && git clone --quiet . ${other}/deeper && cp -a "$PWD/node_modules" ${other}/deeper`,
      );
      assert.match(
        await ok(
          `cd ${other}/deeper && pulumi preview --stack dev --expect-no-changes`,
        ),
        new RegExp(`${await resourceCount()} unchanged`),
      );
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it("scales by one line of configuration, for which the diff shows only replicas", async () => {
    await ok("pulumi config set --path 'marquee:services.auth.replicas' 5");
    const preview = await ok("pulumi preview --diff");
    // Status that Kubernetes wrote in the meantime (of disruption budgets) is refreshed, not changed.
    const changes = preview
      .slice(preview.indexOf("kubernetes:apps/v1:Deployment: (update)") - 2)
      .split("\n")
      .filter((line) => /^\s*[~+-] /.test(line))
      .map((line) => line.trim());
    assert.deepEqual(changes, [
      "~ kubernetes:apps/v1:Deployment: (update)",
      "~ spec: {",
      "~ replicas: 2 => 5",
      "~ 1 to update",
    ]);
    await ok("pulumi up --yes --skip-preview");
    assert.equal(await replicas(), 5);
    assert.match(
      await ok("kubectl rollout status deployment auth-deployment"),
      /successfully rolled out/,
    );
    await restoreDev();
    assert.equal(await replicas(), 2);
  });

  it("replaces a deleted pod", async () => {
    const [name] = (
      await ok("kubectl get pods -l app=payment-service -o name")
    ).split("\n");
    await ok(`kubectl delete ${name}`);
    await until(async () => assert.equal(await replicas("payment"), 2));
    assert.ok(!(await ok("kubectl get pods -o name")).includes(name as string));
  });

  it("shows manual scaling as drift, and reverts it", async () => {
    await ok("kubectl scale deployment auth-deployment --replicas=5");
    assert.match(
      await ok("pulumi preview --refresh --diff"),
      /~ replicas: 5 => 2/,
    );
    await ok("pulumi up --yes --skip-preview");
    await until(async () => assert.equal(await replicas(), 2));
  });

  it("rolls out a changed service without failed requests, and changes no other service", async () => {
    const before = await generations();
    edit(
      join(clone(), "services/streaming/routes/titles.ts"),
      "const day = 86_400;",
      "const day = 60;",
    );
    const { answered, failures } = await underLoad(
      picture,
      async () => {
        await ok("pulumi up --yes");
        await new Promise((resolve) => setTimeout(resolve, 8_000)); // until the last old pod has drained
      },
      206,
    );
    const after = await generations();

    assert.deepEqual(failures, []);
    assert.ok(answered > 500, `${answered} requests were answered`);
    const response = await fetch(picture, { method: "HEAD" });
    assert.equal(response.headers.get("cache-control"), "public, max-age=60");
    for (const [object, generation] of Object.entries(before))
      if (!object.includes("streaming-deployment"))
        assert.equal(after[object], generation, object);
  });
});
