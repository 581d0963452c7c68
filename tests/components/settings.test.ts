import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { loadSettings, parseSettings } from "../../components/settings.ts";
import { deploy } from "./engine.ts";

const names = ["auth", "payment", "streaming"] as const;
const required = { context: "here", registry: "localhost:5001" };

/** What a good configuration makes of service auth. */
const auth = (auth: unknown) => {
  const { settings, mistakes } = parseSettings(
    { ...required, services: { auth } },
    names,
  );
  assert.deepEqual(mistakes, []);
  return settings?.services.auth;
};

describe("parseSettings", () => {
  it("context and registry are enough", () => {
    const usual = { type: "ClusterIP", replicas: 2 };
    assert.deepEqual(parseSettings(required, names), {
      settings: {
        context: "here",
        registry: "localhost:5001",
        baseImage: "gcr.io/distroless/nodejs24-debian13",
        platform: "linux/amd64",
        services: { auth: usual, payment: usual, streaming: usual },
      },
      mistakes: [],
    });
  });

  it("everything that is said is taken", () => {
    const settings = {
      context: "arn:aws:eks:eu-north-1:1:cluster/prod",
      registry: "ghcr.io/acme/tv",
      baseImage: "localhost:5001/node:24",
      platform: "linux/arm64",
      services: {
        auth: { type: "LoadBalancer", replicas: 5 },
        payment: { type: "ExternalName", externalName: "pay.example.com" },
        streaming: { type: "NodePort", nodePort: 30003, replicas: 3 },
      },
    };
    assert.deepEqual(parseSettings(settings, names), {
      settings,
      mistakes: [],
    });
  });

  it("no replicas are no replicas", () => {
    assert.deepEqual(auth({ replicas: 0 }), { type: "ClusterIP", replicas: 0 });
  });

  it("a NodePort without a port leaves the choice to Kubernetes", () => {
    assert.deepEqual(auth({ type: "NodePort" }), {
      type: "NodePort",
      replicas: 2,
    });
  });

  for (const nodePort of [30000, 32767])
    it(`${nodePort} is a node port`, () => {
      assert.deepEqual(auth({ type: "NodePort", nodePort }), {
        type: "NodePort",
        replicas: 2,
        nodePort,
      });
    });

  it("a service with nothing after its name is as if it were left out", () => {
    assert.deepEqual(auth(null), { type: "ClusterIP", replicas: 2 });
  });

  for (const registry of [
    "localhost",
    "ghcr.io/acme",
    "registry:5000",
    "127.0.0.2:5001",
    "1.dkr.ecr.eu-north-1.amazonaws.com/my-team/a_b",
  ])
    it(`${registry} is a registry`, () => {
      const { settings } = parseSettings({ ...required, registry }, names);
      assert.equal(settings?.registry, registry);
    });

  it("no registry is needed when every service is external", () => {
    const external = { type: "ExternalName", externalName: "a.example.com" };
    const { settings, mistakes } = parseSettings(
      {
        context: "here",
        services: { auth: external, payment: external, streaming: external },
      },
      names,
    );
    assert.deepEqual(mistakes, []);
    assert.equal(settings?.registry, "");
  });

  it("reports all mistakes at once, and no settings", () => {
    const result = parseSettings(
      {
        regsitry: "localhost:5001",
        registry: "localhost:5001",
        services: {
          auth: { type: "Clusterip", replicas: -1 },
          payment: { type: "ExternalName" },
          streaming: { nodePort: 80 },
        },
      },
      names,
    );
    assert.equal(result.settings, undefined);
    assert.deepEqual(
      result.mistakes.map((mistake) => mistake.split(" ")[0]),
      [
        "marquee:regsitry",
        "marquee:services.auth.type",
        "marquee:services.auth.replicas",
        "marquee:services.payment.externalName",
        "marquee:services.streaming.nodePort",
        "marquee:services.streaming.nodePort",
        "marquee:context",
      ],
    );
  });
});

describe("loadSettings", () => {
  const load = (config: Record<string, string>) =>
    deploy(() => loadSettings(names), { config, stack: "staging" });

  it("reads services as the map that Pulumi hands over as JSON", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "marquee:services": '{"auth":{"type":"LoadBalancer","replicas":4}}',
    });
    assert.deepEqual(outputs.services.auth, {
      type: "LoadBalancer",
      replicas: 4,
    });
  });

  it("leaves other programs' configuration alone", async () => {
    const { outputs } = await load({
      "marquee:context": "here",
      "marquee:registry": "localhost:5001",
      "kubernetes:context": "elsewhere",
    });
    assert.equal(outputs.context, "here");
  });

  it("fails without a stack trace, naming the stack and every mistake", async () => {
    await assert.rejects(
      load({
        "marquee:context": "here",
        "marquee:services": '{"auth":{"replicas":-1}}',
      }),
      (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.equal(
          error.message,
          "The configuration of stack staging has 2 mistakes, so nothing was built or changed:\n" +
            "  - marquee:services.auth.replicas is -1: it must be a whole number, 0 or more.\n" +
            '  - marquee:registry is missing: it must be a host, maybe with a port and a path, in small letters and without "https://", such as localhost:5001 or ghcr.io/acme.\n' +
            "It is in Pulumi.staging.yaml; `pulumi config set --path 'marquee:services.auth.replicas' 3` sets one value.",
        );
        return true;
      },
    );
  });
});
