import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { delimiter, join } from "node:path";
import {
  pinImage,
  UnreadableImageError,
} from "../../../components/images/pin-image.ts";
import { withImage, withRegistry } from "../../support/components/registry.ts";
import { useFolders } from "../../support/folders.ts";

const digest = `sha256:${"c".repeat(64)}`;
const images = { "acme/node": digest };
const credentials = Buffer.from("ada:hunter2").toString("base64");

/** A registry that requires a bearer token, which it issues for the credentials. */
const wantsToken =
  (requests: string[]) =>
  (request: IncomingMessage, response: ServerResponse) => {
    const { host, authorization } = request.headers;
    if (request.url?.startsWith("/token")) {
      requests.push(request.url);
      if (authorization === `Basic ${credentials}`)
        response.writeHead(200).end('{ "token": "t0ken" }');
      else response.writeHead(401).end();
      return true;
    }
    if (authorization === "Bearer t0ken") return false;
    response
      .writeHead(401, {
        "www-authenticate": `Bearer realm="http://${host}/token",service="acme",scope="repository:acme/node:pull"`,
      })
      .end();
    return true;
  };

describe("pinImage", () => {
  const useFolder = useFolders();
  const { DOCKER_CONFIG, PATH } = process.env;
  const configure = (config: object) => {
    const folder = useFolder({ "config.json": JSON.stringify(config) });
    process.env.DOCKER_CONFIG = folder;
    return folder;
  };
  beforeEach(() => configure({}));
  afterEach(() => {
    process.env.PATH = PATH;
    if (DOCKER_CONFIG === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = DOCKER_CONFIG;
  });

  it("leaves a digest reference unchanged, without asking a registry", async () => {
    const reference = `nowhere.invalid/node@${digest}`;
    assert.equal(await pinImage(reference), reference);
  });

  for (const tag of [":24", ""])
    it(`pins acme/node${tag} to the tag's digest`, () =>
      withImage(images, async (host) => {
        assert.equal(
          await pinImage(`${host}/acme/node${tag}`),
          `${host}/acme/node@${digest}`,
        );
      }));

  it("fails if the registry has no such image", () =>
    withImage(images, (host) =>
      assert.rejects(pinImage(`${host}/acme/nod:24`), {
        name: "Error",
        message: `http://${host}/v2/acme/nod/manifests/24 answers 404`,
      }),
    ));

  it("reports why the registry is unreachable", () =>
    withRegistry(undefined, (host) =>
      assert.rejects(pinImage(`${host}/acme/node:24`), {
        message: `http://${host}/v2/acme/node/manifests/24: connect ECONNREFUSED ${host}`,
      }),
    ));

  it("gets a token with the credentials of `docker login`", async () => {
    const requests: string[] = [];
    await withImage(
      images,
      async (host) => {
        configure({ auths: { [host]: { auth: credentials } } });
        assert.equal(
          await pinImage(`${host}/acme/node:24`),
          `${host}/acme/node@${digest}`,
        );
      },
      wantsToken(requests),
    );
    assert.deepEqual(requests, [
      "/token?service=acme&scope=repository%3Aacme%2Fnode%3Apull",
    ]);
  });

  it("gets a token with the credentials of a credential helper", () =>
    withImage(
      images,
      async (host) => {
        const folder = configure({ credHelpers: { [host]: "test" } });
        const bin = useFolder({
          "docker-credential-test": `#!/bin/sh\nread -r server\n[ "$1 $server" = "get ${host}" ] && echo '{ "Username": "ada", "Secret": "hunter2" }'\n`,
        });
        chmodSync(join(bin, "docker-credential-test"), 0o755);
        process.env.PATH = [bin, PATH].join(delimiter);
        assert.ok(folder);
        assert.equal(
          await pinImage(`${host}/acme/node:24`),
          `${host}/acme/node@${digest}`,
        );
      },
      wantsToken([]),
    ));

  it("throws UnreadableImageError if the registry refuses a token", () =>
    withImage(
      images,
      (host) =>
        assert.rejects(
          pinImage(`${host}/acme/node:24`),
          (error) => error instanceof UnreadableImageError,
        ),
      wantsToken([]),
    ));

  it("answers a Basic challenge with the credentials", () =>
    withImage(
      images,
      async (host) => {
        configure({ auths: { [host]: { auth: credentials } } });
        assert.equal(
          await pinImage(`${host}/acme/node:24`),
          `${host}/acme/node@${digest}`,
        );
      },
      ({ headers }, response) => {
        if (headers.authorization === `Basic ${credentials}`) return false;
        response
          .writeHead(401, { "www-authenticate": 'Basic realm="acme"' })
          .end();
        return true;
      },
    ));

  for (const [reference, url] of [
    ["node", "https://registry-1.docker.io/v2/library/node/manifests/latest"],
    ["acme/node:24", "https://registry-1.docker.io/v2/acme/node/manifests/24"],
    ["ghcr.io/acme/node:24", "https://ghcr.io/v2/acme/node/manifests/24"],
    [
      "gcr.io/distroless/nodejs24-debian13",
      "https://gcr.io/v2/distroless/nodejs24-debian13/manifests/latest",
    ],
  ] as const)
    it(`asks ${url} for ${reference}`, async () => {
      const { fetch } = globalThis;
      const requests: string[] = [];
      globalThis.fetch = async (url) => {
        requests.push(String(url));
        return new Response(null, {
          headers: { "docker-content-digest": digest },
        });
      };
      try {
        const name = reference.replace(/:24$/, "");
        assert.equal(await pinImage(reference), `${name}@${digest}`);
      } finally {
        globalThis.fetch = fetch;
      }
      assert.deepEqual(requests, [url]);
    });
});
