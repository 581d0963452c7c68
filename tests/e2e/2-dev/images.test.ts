import assert from "node:assert/strict";
import { join } from "node:path";
import {
  clone,
  configure,
  destroyStaging,
  edit,
  ensureUp,
  generations,
  json,
  ok,
  restoreDev,
  revertFiles,
  sh,
  until,
} from "../../support/e2e/environment.ts";
import { picture } from "../../support/e2e/people.ts";

const images = (stack: string) =>
  json(`pulumi stack output images --stack ${stack} --json`);

/** Points Docker's clients at an engine that does not exist. */
const withoutDocker = "DOCKER_HOST=unix:///nowhere/docker.sock";

/** Waits until streaming answers with this Cache-Control; old pods may answer until they have drained. */
const answers = (cacheControl: string) =>
  until(async () => {
    const { headers } = await fetch(picture, {
      method: "HEAD",
      headers: { connection: "close" },
    });
    assert.equal(headers.get("cache-control"), cacheControl);
  }, 15);
const unchanged = "public, max-age=86400";
const changed = "public, max-age=60";

describe("Images: build once, deploy everywhere", function () {
  this.timeout("10m");
  let original: Record<string, string>;
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev && pulumi up --yes --skip-preview");
    original = await images("dev");
  });
  afterEach(revertFiles);
  after(async () => {
    await sh("pulumi stack rm empty --yes");
    await restoreDev();
    await destroyStaging();
  });

  it("deploys prebuilt images without a Docker engine, and keeps the pods that run them", async () => {
    const before = await generations();
    configure("auth", { image: original.auth, replicas: 2 });
    configure("payment", { image: original.payment, replicas: 2 });
    configure("streaming", {
      image: original.streaming,
      type: "NodePort",
      nodePort: 30003,
      replicas: 3,
    });
    await ok(`${withoutDocker} pulumi up --yes --skip-preview`);
    assert.deepEqual(await images("dev"), original);
    assert.deepEqual(await generations(), before);
    const state = await ok("pulumi stack export");
    assert.ok(!state.includes("docker:index/image:Image"));
    assert.ok(!state.includes("pulumi:providers:docker"));
  });

  it("promotes another stack's images by one key, without a Docker engine", async () => {
    await ok("pulumi stack select dev && pulumi up --yes --skip-preview");
    await ok("pulumi config set imagesFrom dev --stack staging");
    configure("payment", { replicas: 1 }, "staging"); // dev has no log shipper to promote
    await ok(`${withoutDocker} pulumi up --yes --skip-preview --stack staging`);
    assert.deepEqual(await images("staging"), original);
    const { items } = await json(
      "kubectl get pods -n marquee-staging -l 'app in (auth-service, payment-service, streaming-service)' -o json",
    );
    const running = items.map(
      ({ spec }: { spec: { containers: { image: string }[] } }) =>
        spec.containers[0]?.image,
    );
    assert.deepEqual(
      [...new Set(running)].sort(),
      Object.values(original).sort(),
    );
  });

  it("reports images that the other stack lacks, and changes nothing", async () => {
    await ok("pulumi stack init empty && pulumi stack select dev");
    const before = await generations();
    await ok("pulumi config set imagesFrom empty");
    const { code, output } = await sh("pulumi up --yes --skip-preview");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /marquee:imagesFrom is "empty", and that stack runs no image of auth, payment and streaming\. Deploy it with one/,
    );
    assert.deepEqual(await generations(), before);
    await ok("pulumi config set imagesFrom nosuch");
    const unknown = await sh("pulumi up --yes --skip-preview");
    assert.match(
      unknown.output,
      /marquee:imagesFrom is "nosuch", and its outputs can't be read \(.*unknown stack "organization\/marquee\/nosuch"/,
    );
    assert.deepEqual(await generations(), before);
  });

  it("previews a changed service as one changed field, and rolls it back by one key", async () => {
    await ok("pulumi stack select dev");
    const change = () =>
      edit(
        join(clone(), "services/streaming/routes/titles.ts"),
        "const day = 86_400;",
        "const day = 60;",
      );
    change();
    const preview = await ok("pulumi preview --diff --refresh=false");
    const deployment = preview.slice(preview.indexOf("apps/v1:Deployment"));
    assert.deepEqual(
      deployment
        .split("\n")
        .slice(1)
        .filter((line) => /^\s*[~+-] /.test(line))
        .map((line) => line.trim().replace(/\s+/g, " "))
        .slice(0, 6),
      [
        "~ spec: {",
        "~ template: {",
        "~ spec: {",
        "~ containers: [",
        "~ [0]: {",
        `~ image: "${original.streaming}" => [unknown]`,
      ],
    );
    await ok("pulumi up --yes --skip-preview");
    await answers(changed);

    await ok(
      `pulumi config set --path 'marquee:services.streaming.image' ${original.streaming}`,
    );
    await ok("pulumi up --yes --skip-preview");
    await answers(unchanged);
    assert.deepEqual(await images("dev"), original);
    await ok(
      "git checkout --quiet Pulumi.dev.yaml && pulumi up --yes --skip-preview",
    );
    await answers(changed);
  });

  it("reverts a kubectl rollout undo with the next pulumi up", async () => {
    await ok("pulumi up --yes --skip-preview"); // reverts the change
    await ok(
      "kubectl rollout undo deployment streaming-deployment && kubectl rollout status deployment streaming-deployment",
    );
    await answers(changed);
    const preview = await ok("pulumi preview");
    assert.match(preview, /streaming-deployment update \[diff: ~spec\]/);
    await ok("pulumi up --yes --skip-preview");
    await answers(unchanged);
  });
});
