import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import {
  clone,
  ensureUp,
  generations,
  host,
  ok,
  restoreDev,
  revertFiles,
  sh,
} from "../../support/e2e/environment.ts";

/** Everything that an update could have changed: objects in the cluster, images in the registry. */
async function world() {
  const tags = ["auth", "payment", "streaming"].map(async (service) => {
    const url = `http://${host}:5001/v2/marquee-${service}/tags/list`;
    const { tags } = (await (await fetch(url)).json()) as { tags: string[] };
    return tags.filter((tag) => tag.startsWith("dev-")); // other stacks push, too
  });
  return { objects: await generations(), tags: await Promise.all(tags) };
}

describe("pulumi up with mistakes", function () {
  this.timeout("3m");
  let before_: Awaited<ReturnType<typeof world>>;
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
    before_ = await world();
  });
  after(restoreDev);
  afterEach(async () => {
    await revertFiles();
    assert.deepEqual(await world(), before_);
  });

  const set = (path: string, value: string) =>
    `pulumi config set --path 'marquee:${path}' -- '${value}'`;
  const mistakes: [what: string, commands: string[], sentence: string][] = [
    [
      "an unknown service type",
      [set("services.auth.type", "Clusterip")],
      'marquee:services.auth.type is "Clusterip": it must be ClusterIP, NodePort, LoadBalancer or ExternalName. Did you mean ClusterIP?',
    ],
    [
      "negative replicas",
      [set("services.auth.replicas", "-1")],
      "marquee:services.auth.replicas is -1: it must be a whole number, 0 or more.",
    ],
    [
      "fractional replicas",
      [set("services.auth.replicas", "2.5")],
      "it must be a whole number, 0 or more.",
    ],
    [
      "replicas that are not a number",
      [set("services.auth.replicas", "three")],
      'marquee:services.auth.replicas is "three": it must be a whole number, 0 or more.',
    ],
    [
      "a node port out of range",
      [set("services.streaming.nodePort", "80")],
      "marquee:services.streaming.nodePort is 80: it must be a whole number from 30000 to 32767.",
    ],
    [
      "the same node port twice",
      [
        set("services.auth.type", "NodePort"),
        set("services.auth.nodePort", "30003"),
      ],
      "marquee:services.auth.nodePort is the same, and each service needs its own.",
    ],
    [
      "a node port for a ClusterIP",
      [set("services.auth.nodePort", "30004")],
      "marquee:services.auth.nodePort is 30004: only a service of type NodePort has one, and services.auth.type is ClusterIP.",
    ],
    [
      "replicas beside an autoscaler",
      [set("services.auth.autoscale.max", "4")],
      "marquee:services.auth.replicas is 2: services.auth.autoscale is set, too, and only one of them can determine the number of pods",
    ],
    [
      "an image by tag",
      [set("services.auth.image", "localhost:5001/marquee-auth:dev")],
      'marquee:services.auth.image is "localhost:5001/marquee-auth:dev": it must be an image by digest',
    ],
    [
      "a request above its limit",
      [set("services.auth.resources.requests.memory", "1Gi")],
      'marquee:services.auth.resources.requests.memory is "1Gi": it is more than services.auth.resources.limits.memory, which is 256Mi (the default)',
    ],
    [
      "source ranges without a LoadBalancer",
      [set("services.auth.loadBalancer.sourceRanges[0]", "10.0.0.0/8")],
      "only a service of type LoadBalancer has one, and services.auth.type is ClusterIP.",
    ],
    [
      "an invalid log endpoint",
      [set("services.auth.logSidecar.endpoint", "logs")],
      'marquee:services.auth.logSidecar.endpoint is "logs": it must be an http or https URL',
    ],
    [
      "a secret that is not encrypted",
      [set("secrets.auth.KEY", "hunter2")],
      "marquee:secrets.auth.KEY is not encrypted",
    ],
    [
      "ExternalName without a host",
      [set("services.auth.type", "ExternalName")],
      "marquee:services.auth.externalName is missing: a service of type ExternalName needs the DNS name",
    ],
    [
      "an unknown service",
      [set("services.paymnt.replicas", "2")],
      "marquee:services.paymnt is not a service: there are auth, payment and streaming. Did you mean payment?",
    ],
    [
      "an unknown key",
      [set("services.auth.replcas", "2")],
      "marquee:services.auth.replcas is not a setting of a service",
    ],
    [
      "a context that is not in the kubeconfig",
      [
        set("context", "nowhere"),
        // The local cluster's, which no other context has by default.
        set("registry", "127.0.0.2:5001"),
        set("baseImage", "127.0.0.2:5001/node:24"),
        set("database.image", "127.0.0.2:5001/postgres:17"),
      ],
      'marquee:context is "nowhere", which is not in the kubeconfig',
    ],
    [
      "an unreachable registry",
      [set("registry", "127.0.0.2:5999")],
      'marquee:registry is "127.0.0.2:5999", which does not answer',
    ],
  ];
  it("rejects a missing context, and changes nothing", async () => {
    await ok("pulumi config rm marquee:context");
    const { code, output } = await sh("pulumi up --yes");
    assert.notEqual(code, 0);
    assert.match(output, /marquee:context is missing: it must name a context/);
  });

  for (const [what, commands, sentence] of mistakes)
    it(`rejects ${what}, and changes nothing`, async () => {
      await ok(commands.join(" && "));
      const { code, output } = await sh("pulumi up --yes");
      assert.notEqual(code, 0);
      assert.ok(output.includes(sentence), output);
      assert.doesNotMatch(output, /^\s+at .+:\d+:\d+\)?$/m, "no stack trace");
    });

  it("rejects a stack's name that is not a DNS label, and changes nothing", async () => {
    await ok(
      "pulumi stack init PR_123 && cp Pulumi.dev.yaml Pulumi.PR_123.yaml",
    );
    try {
      const { code, output } = await sh("pulumi up --yes");
      assert.notEqual(code, 0);
      assert.match(output, /The stack is named "PR_123"/);
      assert.match(output, /`pulumi stack rename pr-123`/);
    } finally {
      await ok(
        "pulumi stack rm PR_123 --yes --force && pulumi stack select dev && rm -f Pulumi.PR_123.yaml",
      );
    }
  });

  it("reports several issues at once, and changes nothing", async () => {
    await ok(
      [
        set("services.auth.type", "LB"),
        set("services.payment.replicas", "-1"),
        set("contxt", "x"),
      ].join(" && "),
    );
    const { output } = await sh("pulumi up --yes");
    assert.match(output, /The configuration of stack dev is invalid/);
    assert.equal(new Set(output.match(/- marquee:.*/g)).size, 3);
    for (const key of [
      "marquee:services.auth.type",
      "marquee:services.payment.replicas",
      "marquee:contxt",
    ])
      assert.ok(output.includes(`- ${key} is`), key);
  });

  it("rejects a service whose sources can't be bundled, and changes nothing", async () => {
    appendFileSync(join(clone(), "services/auth/app.ts"), "const x = ;\n");
    const { code, output } = await sh("pulumi up --yes");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /The services can't be bundled, so nothing was built or changed:[\s\S]+services\/auth\/app\.ts:\d+:\d+/,
    );
  });

  it("rejects a Dockerfile that can't be built, and changes nothing", async () => {
    appendFileSync(
      join(clone(), "services/Dockerfile"),
      "COPY nothing-of-that-name /\n",
    );
    const { code, output } = await sh("pulumi up --yes");
    assert.notEqual(code, 0);
    assert.match(output, /nothing-of-that-name/);
  });
});
