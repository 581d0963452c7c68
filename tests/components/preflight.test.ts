import assert from "node:assert/strict";
import {
  contextIssue,
  preflight,
  registryIssue,
} from "../../components/preflight.ts";
import { image, settingsOf } from "../support/components/configurations.ts";
import { deploy, ends, warnings } from "../support/components/engine.ts";
import { withRegistry } from "../support/components/registry.ts";

describe("contextIssue", () => {
  const of = (...names: string[]) =>
    contextIssue("here", {
      files: ["/one", "/two"],
      servers: new Map(names.map((name) => [name, undefined])),
    });

  it("returns undefined for a context that exists", () => {
    assert.equal(of("there", "here"), undefined);
  });

  it("names the context, the files and the existing contexts", () => {
    assert.equal(
      of("there", "elsewhere"),
      'marquee:context is "here", which is not in the kubeconfig (/one, /two: it has there, elsewhere). Set the key to one of its contexts, or KUBECONFIG to a file that has this one.',
    );
  });

  it("reports a kubeconfig without contexts", () => {
    assert.match(of() ?? "", /\(\/one, \/two: it has no contexts\)/);
  });
});

describe("registryIssue", () => {
  /** Does some work with a fake `fetch`; returns the requested URLs. */
  async function answered(
    answer: () => Promise<Response>,
    work: () => Promise<void>,
  ): Promise<string[]> {
    const { fetch } = globalThis;
    const requests: string[] = [];
    globalThis.fetch = (url) => {
      requests.push(String(url));
      return answer();
    };
    await work().finally(() => {
      globalThis.fetch = fetch;
    });
    return requests;
  }

  for (const status of [200, 401])
    it(`returns undefined if the registry answers ${status}`, () =>
      withRegistry(status, async (host) => {
        assert.equal(await registryIssue(`${host}/acme`), undefined);
      }));

  it("reports a server that is not a registry", () =>
    withRegistry(404, async (host) => {
      assert.equal(
        await registryIssue(`${host}/acme`),
        `marquee:registry is "${host}/acme", but http://${host}/v2/ answers 404, so it is not a registry. Set the key to a registry's host.`,
      );
    }));

  it("reports why a registry is unreachable", () =>
    withRegistry(undefined, async (host) => {
      assert.equal(
        await registryIssue(host),
        `marquee:registry is "${host}", which does not answer (http://${host}/v2/: connect ECONNREFUSED ${host}). Start it, or set the key to one that runs.`,
      );
    }));

  it("reports why localhost is unreachable at both of its addresses", () =>
    answered(
      async () => {
        const cause = Object.assign(new AggregateError([]), {
          code: "ECONNREFUSED",
        });
        throw new TypeError("fetch failed", { cause });
      },
      async () =>
        assert.match(
          (await registryIssue("localhost:5001")) ?? "",
          /\(http:\/\/localhost:5001\/v2\/: ECONNREFUSED\)/,
        ),
    ));

  for (const [registry, url] of [
    ["localhost:5001", "http://localhost:5001/v2/"],
    ["127.0.0.2:5001", "http://127.0.0.2:5001/v2/"],
    ["localhost.example.com", "https://localhost.example.com/v2/"],
    ["ghcr.io/acme", "https://ghcr.io/v2/"],
    ["docker.io/acme", "https://registry-1.docker.io/v2/"],
  ] as const)
    it(`asks ${url} for ${registry}`, async () => {
      const requests = await answered(
        async () => new Response(),
        async () => assert.equal(await registryIssue(registry), undefined),
      );
      assert.deepEqual(requests, [url]);
    });
});

describe("preflight", () => {
  const settings = (registry?: string, changes: object = {}) =>
    settingsOf({ registry, ...changes });
  const nothing = { files: ["/none"], servers: new Map() };
  const here = { files: ["/one"], servers: new Map([["here", undefined]]) };
  /** The state of a deployed stack, whose namespace needs no lookup. */
  const deployed = { context: "here", hasNamespace: true, programs: [] };
  const reach = (
    settings: Parameters<typeof preflight>[0],
    kubeconfig: Parameters<typeof preflight>[1],
  ) => preflight(settings, kubeconfig, deployed, "marquee-dev");
  const issues = (host: string) =>
    `  - ${contextIssue("here", nothing)}\n` +
    `  - marquee:registry is "${host}", which does not answer (http://${host}/v2/: connect ECONNREFUSED ${host}). Start it, or set the key to one that runs.\n`;

  it("passes an update if the context and the registry are available", () =>
    withRegistry(200, async (host) => {
      await deploy(() => reach(settings(host), here));
    }));

  const external = { type: "ExternalName", externalName: "a.example.com" };
  const prebuilt = { image: image() };
  const unbuilt: [title: string, changes: object][] = [
    [
      "every service runs elsewhere",
      { services: { auth: external, payment: external, streaming: external } },
    ],
    [
      "every image is prebuilt, including the log shipper's",
      {
        services: {
          auth: { ...prebuilt, logSidecar: true },
          payment: prebuilt,
          streaming: external,
        },
        logShipperImage: image("log-shipper"),
      },
    ],
    ["another stack provides the images", { imagesFrom: "staging" }],
  ];
  for (const [title, changes] of unbuilt)
    for (const preview of [false, true])
      it(`asks no registry, configured or not, in ${preview ? "a preview" : "an update"} when ${title}`, () =>
        withRegistry(undefined, async (host) => {
          for (const registry of [undefined, host]) {
            const warned = await warnings(() =>
              deploy(() => reach(settings(registry, changes), here), {
                preview,
              }),
            );
            assert.deepEqual(warned, []);
          }
        }));

  it("fails an update only because of the context when no registry is needed", () =>
    withRegistry(undefined, (host) =>
      ends(
        deploy(() => reach(settings(host, { imagesFrom: "staging" }), nothing)),
        `Stack dev can't be deployed from here, so nothing was built or changed:\n  - ${contextIssue("here", nothing)}\n`,
      ),
    ));

  it("asks the registry when a single image is to be built", () =>
    withRegistry(undefined, async (host) => {
      const services = {
        auth: { ...prebuilt, logSidecar: true },
        payment: prebuilt,
        streaming: prebuilt,
      };
      await ends(
        deploy(() => reach(settings(host, { services }), here)),
        /^Stack dev can't be deployed from here, .*:\n {2}- marquee:registry is "[\d.:]+", which does not answer .*\n$/,
      );
    }));

  it("fails an update without a stack trace, and lists every issue", () =>
    withRegistry(undefined, async (host) => {
      await ends(
        deploy(() => reach(settings(host), nothing)),
        `Stack dev can't be deployed from here, so nothing was built or changed:\n${issues(host)}`,
      );
    }));

  it("fails an update without a password for a database outside the cluster", () =>
    withRegistry(200, async (host) => {
      const database = { externalName: "db.example.com", tls: "require" };
      await ends(
        deploy(() => reach(settings(host, { database }), here)),
        /^Stack dev can't be deployed from here, .*:\n {2}- marquee:secrets\.postgres\.PASSWORD is missing: .*\n$/,
      );
    }));

  it("only warns in a preview about a missing context and an unreachable registry", () =>
    withRegistry(undefined, async (host) => {
      const warned = await warnings(() =>
        deploy(() => reach(settings(host), nothing), { preview: true }),
      );
      assert.deepEqual(warned, [
        `warning: [runtime] This preview ignores these issues, and \`pulumi up\` will fail with them:\n${issues(host)}`,
      ]);
    }));
});
