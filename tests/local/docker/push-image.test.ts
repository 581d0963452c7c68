import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { pushImage } from "../../../local/docker/images.ts";
import { useFolders } from "../../support/folders.ts";

describe("pushImage", () => {
  const useFolder = useFolders();
  const requests: string[] = [];
  /** A registry that has only the image node:24. */
  const registry = createServer(({ method, url }, response) => {
    requests.push(`${method} ${url}`);
    response.writeHead(url === "/v2/node/manifests/24" ? 200 : 404).end();
  });
  let address = "";
  const path = process.env.PATH;
  before((done) => {
    registry.listen(0, "127.0.0.1", () => {
      address = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    process.env.PATH = path;
    registry.close();
  });

  /** Runs `work` with a `docker` that logs its arguments; returns the log. */
  async function dockerCalls(work: () => Promise<void>): Promise<string> {
    const folder = useFolder({
      docker: '#!/bin/sh\necho "$@" >>"$(dirname "$0")/calls"\n',
    });
    chmodSync(join(folder, "docker"), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
    await work();
    const calls = join(folder, "calls");
    return existsSync(calls) ? readFileSync(calls, "utf8") : "";
  }

  it("only asks the registry if that has the image", async () => {
    assert.equal(
      await dockerCalls(() => pushImage("local/node:1", `${address}/node:24`)),
      "",
    );
    assert.deepEqual(requests, ["HEAD /v2/node/manifests/24"]);
  });

  it("pushes an image that the registry lacks", async () => {
    const as = `${address}/postgres:17`;
    assert.equal(
      await dockerCalls(() => pushImage("local/images/postgres:1", as)),
      `tag local/images/postgres:1 ${as}\npush --quiet ${as}\n`,
    );
  });

  it("lets Docker report why a registry doesn't answer", async () => {
    const as = "127.0.0.1:1/node:24";
    assert.match(
      await dockerCalls(() => pushImage("local/node:1", as)),
      /^push --quiet 127\.0\.0\.1:1\/node:24$/m,
    );
  });
});
