import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { openFolder } from "../../services/streaming/media/folder/store.ts";
import {
  isForCluster,
  shellCommands,
  triedSection,
} from "../../tools/docs/shell-commands.ts";
import { project, sectionOf, shellBlocks } from "../support/docs/markdown.ts";
import { useFolders } from "../support/folders.ts";
import { jq } from "../support/jq.ts";
import { operatorKey } from "../support/payment/service.ts";
import { useStreaming } from "../support/streaming/service.ts";
import { served } from "../support/streaming/upstream.ts";

describe("The commands under Try it in the services' READMEs", function () {
  this.timeout(300_000); // jq may have to be downloaded first
  const streaming = useStreaming({
    store: openFolder(join(project, "services/streaming/assets/titles")),
  });
  const useFolder = useFolders();
  let site: Awaited<ReturnType<typeof served>>;
  before(async () => {
    site = await served(streaming.first.service.app);
  });
  after(() => site.close());

  /** Runs the section's commands that need no cluster, in one shell. @returns what they print, and their folder */
  async function tryIt(document: string) {
    const { authUrl, paymentUrl } = streaming.system;
    const addresses: [documented: string, here: string][] = [
      ["http://127.0.0.1:30003", site.url],
      ["http://localhost:8081", authUrl],
      ["http://localhost:8082", paymentUrl],
    ];
    const commands = shellBlocks(sectionOf(document, triedSection))
      .flatMap(shellCommands)
      .map(({ text }) => text)
      .filter((text) => !isForCluster(text));
    const script = [
      "set -euo pipefail",
      'curl() { command curl -sS --fail-with-body "$@"; echo; }',
      ...commands,
    ].join("\n");
    const cwd = useFolder();
    const { program, LD_LIBRARY_PATH } = await jq.ensure();
    const { stdout } = await promisify(execFile)(
      "bash",
      [
        "-c",
        addresses.reduce(
          (text, [documented, here]) => text.replaceAll(documented, here),
          script,
        ),
      ],
      {
        cwd,
        env: {
          ...process.env,
          PATH: `${dirname(program)}:${process.env.PATH}`,
          LD_LIBRARY_PATH,
          OPERATOR_KEY: operatorKey,
        },
      },
    );
    return { lines: stdout.trim().split(/\n+/), cwd };
  }

  it("sign up, show the account and refresh its tokens: services/auth/README.md", async () => {
    const { lines } = await tryIt("services/auth/README.md");
    const [signup, me, refresh] = lines.map((line) => JSON.parse(line));
    assert.equal(lines.length, 3);
    assert.equal(signup.user.email, "ada@example.com");
    assert.equal(me.email, "ada@example.com");
    assert.ok(refresh.access_token);
  });

  it("pay once, although the request is repeated, and audit the ledger: services/payment/README.md", async () => {
    const { lines } = await tryIt("services/payment/README.md");
    const [first, second, audit] = lines;
    assert.equal(lines.length, 3);
    assert.match(first ?? "", /Payment successful/);
    assert.equal(second, first);
    assert.equal(JSON.parse(audit ?? "").balanced, true);
  });

  it("subscribe, list titles, download a range and get URLs: services/streaming/README.md", async () => {
    const { lines, cwd } = await tryIt("services/streaming/README.md");
    const [subscription, titles, playback] = lines.map((line) =>
      JSON.parse(line),
    );
    assert.equal(lines.length, 3);
    assert.equal(subscription.plan, "basic");
    assert.ok(titles.data.length > 0);
    assert.equal(readFileSync(join(cwd, "part")).length, 100);
    assert.match(playback.url, /^\/stream\/northern-lights\?/);
  });
});
