import assert from "node:assert/strict";
import {
  contextMistake,
  registryMistake,
  requireReach,
} from "../../components/cluster.ts";
import { image, settingsOf } from "../support/components/configurations.ts";
import { deploy, ends, warnings } from "../support/components/engine.ts";
import { withRegistry } from "../support/components/registry.ts";

describe("contextMistake", () => {
  const of = (...names: string[]) =>
    contextMistake("here", {
      files: ["/one", "/two"],
      servers: new Map(names.map((name) => [name, undefined])),
    });

  it("is none for a context that exists", () => {
    assert.equal(of("there", "here"), undefined);
  });

  it("names the context, the files and the contexts that there are", () => {
    assert.equal(
      of("there", "elsewhere"),
      'marquee:context is "here", which is not in the kubeconfig (/one, /two: it has there, elsewhere). Set the key to one of its contexts, or KUBECONFIG to a file that has this one.',
    );
  });

  it("says so when there are no contexts", () => {
    assert.match(of() ?? "", /\(\/one, \/two: it has no contexts\)/);
  });
});

describe("registryMistake", () => {
  /** With another answer than the network's; returns the addresses that were asked. */
  async function answered(
    answer: () => Promise<Response>,
    work: () => Promise<void>,
  ): Promise<string[]> {
    const { fetch } = globalThis;
    const asked: string[] = [];
    globalThis.fetch = (url) => {
      asked.push(String(url));
      return answer();
    };
    await work().finally(() => {
      globalThis.fetch = fetch;
    });
    return asked;
  }

  for (const status of [200, 401])
    it(`is none when the registry answers ${status}`, () =>
      withRegistry(status, async (host) => {
        assert.equal(await registryMistake(`${host}/acme`), undefined);
      }));

  it("names what answers as no registry does", () =>
    withRegistry(404, async (host) => {
      assert.equal(
        await registryMistake(`${host}/acme`),
        `marquee:registry is "${host}/acme", but http://${host}/v2/ answers 404, as no registry does. Set the key to a registry's host.`,
      );
    }));

  it("names what does not answer, and why", () =>
    withRegistry(undefined, async (host) => {
      assert.equal(
        await registryMistake(host),
        `marquee:registry is "${host}", which does not answer (http://${host}/v2/: connect ECONNREFUSED ${host}). Start it, or set the key to one that runs.`,
      );
    }));

  it("says why also where localhost has two addresses", () =>
    answered(
      async () => {
        const cause = Object.assign(new AggregateError([]), {
          code: "ECONNREFUSED",
        });
        throw new TypeError("fetch failed", { cause });
      },
      async () =>
        assert.match(
          (await registryMistake("localhost:5001")) ?? "",
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
      const asked = await answered(
        async () => new Response(),
        async () => assert.equal(await registryMistake(registry), undefined),
      );
      assert.deepEqual(asked, [url]);
    });
});

describe("requireReach", () => {
  const settings = (registry?: string, changes: object = {}) =>
    settingsOf({ registry, ...changes });
  const nothing = { files: ["/none"], servers: new Map() };
  const here = { files: ["/one"], servers: new Map([["here", undefined]]) };
  /** What the state has of a stack that was deployed: its namespace need not be looked for. */
  const deployed = { context: "here", hasNamespace: true, programs: [] };
  const reach = (
    settings: Parameters<typeof requireReach>[0],
    kubeconfig: Parameters<typeof requireReach>[1],
  ) => requireReach(settings, kubeconfig, deployed, "marquee-dev");
  const mistakes = (host: string) =>
    `  - ${contextMistake("here", nothing)}\n` +
    `  - marquee:registry is "${host}", which does not answer (http://${host}/v2/: connect ECONNREFUSED ${host}). Start it, or set the key to one that runs.\n`;

  it("lets an update go on when both are there", () =>
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
      "every image is prebuilt, also the log shipper's",
      {
        services: {
          auth: { ...prebuilt, logSidecar: true },
          payment: prebuilt,
          streaming: external,
        },
        logShipperImage: image("log-shipper"),
      },
    ],
    ["another stack has the images", { imagesFrom: "staging" }],
  ];
  for (const [title, changes] of unbuilt)
    for (const preview of [false, true])
      it(`asks no registry in ${preview ? "a preview" : "an update"} when ${title}, one that is said neither`, () =>
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

  it("ends an update at the context alone when no registry is needed", () =>
    withRegistry(undefined, (host) =>
      ends(
        deploy(() => reach(settings(host, { imagesFrom: "staging" }), nothing)),
        `Stack dev can't be deployed from here, so nothing was built or changed:\n  - ${contextMistake("here", nothing)}\n`,
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

  it("ends an update without a stack trace, with everything that is missing", () =>
    withRegistry(undefined, async (host) => {
      await ends(
        deploy(() => reach(settings(host), nothing)),
        `Stack dev can't be deployed from here, so nothing was built or changed:\n${mistakes(host)}`,
      );
    }));

  it("ends an update that has no password for a database elsewhere", () =>
    withRegistry(200, async (host) => {
      const database = { externalName: "db.example.com", tls: "require" };
      await ends(
        deploy(() => reach(settings(host, { database }), here)),
        /^Stack dev can't be deployed from here, .*:\n {2}- marquee:secrets\.postgres\.PASSWORD is missing: .*\n$/,
      );
    }));

  it("only warns in a preview", () =>
    withRegistry(undefined, async (host) => {
      const warned = await warnings(() =>
        deploy(() => reach(settings(host), nothing), { preview: true }),
      );
      assert.deepEqual(warned, [
        `warning: [runtime] This preview is made without these, and \`pulumi up\` will stop at them:\n${mistakes(host)}`,
      ]);
    }));
});
