import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ensureUp,
  ok,
  restoreDev,
  sh,
  until,
} from "../../support/e2e/environment.ts";

/** A command of the tutorial, and the output that the tutorial shows below it. */
interface Command {
  line: string;
  shown: string;
}

interface Section {
  title: string;
  commands: Command[];
}

/** The sections with `console` blocks. In a block, "$ " begins a command, "> " continues it, and the rest is output. */
function sectionsOf(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf("\n")),
      commands: [...section.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(
        ([, block = ""]) => commandsOf(block),
      ),
    }))
    .filter(({ commands }) => commands.length > 0);
}

function commandsOf(block: string): Command[] {
  const commands: Command[] = [];
  for (const line of block.trimEnd().split("\n")) {
    const last = commands.at(-1);
    if (line.startsWith("$ "))
      commands.push({ line: line.slice(2), shown: "" });
    else if (last === undefined)
      throw new Error(`The block begins with output: ${line}`);
    else if (line.startsWith("> ")) last.line += `\n${line.slice(2)}`;
    else last.shown += `${line}\n`;
  }
  return commands;
}

/** Without the width of columns. */
const normalize = (output: string) =>
  output.replaceAll(/[ \t]+/g, " ").replaceAll(/ $/gm, "");

/** Whether the output is the shown one, in which "…" stands for any text, and as a line of its own for any lines. */
function matches(shown: string, output: string): boolean {
  const pattern = normalize(shown).replaceAll(
    /^…\n|…|[\\^$.*+?()[\]{}|]/gm,
    (part) => {
      if (part === "…\n") return "(?:.*\\n)*";
      return part === "…" ? ".*" : `\\${part}`;
    },
  );
  return new RegExp(`^${pattern}$`).test(normalize(output));
}

/** Between the outputs of two commands. */
const separator = "\u001e";

/** Shows an error message, so the command is supposed to fail. */
const fails = ({ shown }: Command) => /^error\b/im.test(shown);

/** Runs the commands in one shell, up to the first one that fails unexpectedly; returns the output of each. */
async function outputsOf(commands: Command[]): Promise<string[]> {
  const script = commands.map((command) =>
    [
      command.line,
      `code=$?; printf '${separator}'`,
      fails(command) ? "((code != 0)) || exit 0" : "((code == 0)) || exit 0",
    ].join("\n"),
  );
  const { stdout } = await sh(`exec 2>&1\n${script.join("\n")}`);
  return stdout.split(separator).slice(0, -1);
}

interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  spec: object;
}

/** The specifications of what the commands change. Pods are omitted: they come and go. */
async function specifications(): Promise<Record<string, object>> {
  const list = await ok(
    "kubectl get deployments,services,networkpolicies -o json",
  );
  const { items } = JSON.parse(list) as { items: KubernetesObject[] };
  return Object.fromEntries(
    items.map(({ kind, metadata, spec }) => [`${kind}/${metadata.name}`, spec]),
  );
}

/** The number of a service's pods, including those that are ending. */
const podsOf = async (service: string) =>
  (await ok(`kubectl get pods -l app=${service}-service -o name`)).split("\n")
    .length;

describe("Comparison with a shown output", () => {
  const shown = "NAME      READY\nauth-…   1/1\n…\nDone in … s.\n";
  for (const [what, output] of Object.entries({
    "other names and widths": "NAME   READY\nauth-6b86  1/1\nDone in 7 s.\n",
    "more lines in place of …":
      "NAME READY\nauth-1 1/1\na (b)\nc\nDone in 7 s.\n",
  }))
    it(`accepts ${what}`, () => assert.ok(matches(shown, output)));

  for (const [what, output] of Object.entries({
    "another value": "NAME READY\nauth-1 0/1\nDone in 7 s.\n",
    "a missing line": "NAME READY\nDone in 7 s.\n",
    "an additional line at the end":
      "NAME READY\nauth-1 1/1\nDone in 7 s.\nerror\n",
    "other punctuation": "NAME READY\nauth-1 1/1\nDone in 7 s!\n",
  }))
    it(`rejects ${what}`, () => assert.ok(!matches(shown, output)));

  it("expects no output from a command without a shown one", () => {
    assert.ok(matches("", ""));
    assert.ok(!matches("", "warning\n"));
  });
});

describe("docs/tutorial.md", function () {
  this.timeout("5m");
  const path = join(import.meta.dirname, "../../../docs/tutorial.md");
  const sections = sectionsOf(readFileSync(path, "utf8"));
  /** The tutorial shows this machine's address, but the tests' cluster has its own. */
  const onTestCluster = ({ line, shown }: Command): Command => ({
    line: line.replaceAll("127.0.0.1", "127.0.0.2"),
    shown: shown.replaceAll("127.0.0.1", "127.0.0.2"),
  });
  let original: Record<string, object>;

  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
    // The tutorial lists pods, and another test's may still be ending.
    await until(async () => assert.equal(await podsOf("auth"), 2), 90);
    original = await specifications();
  });
  after(async () => {
    if ((await ok("git status --porcelain")) === "") return;
    // A section has failed, so the last one did not restore the stack.
    await ok("kubectl delete service films --ignore-not-found");
    await restoreDev();
  });

  it("goes from pods over ReplicaSets and Deployments to Services, and back", () =>
    assert.deepEqual(
      sections.map(({ title }) => title),
      [
        "1. Pods",
        "2. ReplicaSets",
        "3. Deployments",
        "4. Services",
        "5. Put everything back",
      ],
    ));

  for (const { title, commands } of sections)
    it(`shows what the commands of "${title}" print`, async () => {
      const adapted = commands.map(onTestCluster);
      const outputs = await outputsOf(adapted);
      for (const [index, output] of outputs.entries()) {
        const { line, shown } = adapted[index] as Command;
        if (!matches(shown, output))
          assert.equal(output, shown, `$ ${line}\nprints another output`);
      }
      assert.equal(
        outputs.length,
        commands.length,
        `ended at: ${commands[outputs.length - 1]?.line}`,
      );
    });

  it("leaves stack dev unchanged", async () => {
    assert.equal(await ok("git status --porcelain"), "");
    assert.deepEqual(await specifications(), original);
  });
});
