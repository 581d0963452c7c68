import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { project } from "../../local/environment.ts";
import {
  ensureActionlint,
  workflowErrors,
} from "../support/actionlint/actionlint.ts";
import { useFolders } from "../support/folders.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  if?: string;
  environment?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  steps: Step[];
}
interface Workflow {
  permissions?: Record<string, string>;
  concurrency?: { group: string };
  jobs: Record<string, Job>;
}

const folder = join(project, ".github/workflows");
const names = readdirSync(folder).map((file) => file.replace(/\.yml$/, ""));
const textOf = (name: string) =>
  readFileSync(join(folder, `${name}.yml`), "utf8");
const workflow = (name: string): Workflow => parse(textOf(name));
const jobs = (name: string) => Object.entries(workflow(name).jobs);

describe("Workflows", () => {
  before(async function () {
    // Builds actionlint, unless the cache has it.
    this.timeout("10m");
    await ensureActionlint();
  });

  describe("check with actionlint", () => {
    const useFolder = useFolders();

    it("finds no errors in this repository", async () =>
      assert.deepEqual(await workflowErrors(project), []));

    it("finds an unknown context, a missing job and an input that an action lacks", async () => {
      const bad = [
        "on: push",
        "jobs:",
        "  deploy:",
        "    needs: build",
        "    runs-on: ubuntu-24.04",
        "    steps:",
        "      - uses: actions/checkout@v6",
        "        with: { depth: 1 }",
        "      - if: variables.ENABLED",
        "        run: echo",
      ].join("\n");
      const repository = useFolder({
        ".git/HEAD": "",
        ".github/workflows/bad.yml": bad,
      });
      const errors = await workflowErrors(repository);
      assert.match(errors.join("\n"), /job "deploy" needs job "build"/);
      assert.match(errors.join("\n"), /input "depth" is not defined/);
      assert.match(errors.join("\n"), /undefined variable "variables"/);
    });
  });

  it("are ci, deploy, drift and preview", () =>
    assert.deepEqual(names.sort(), ["ci", "deploy", "drift", "preview"]));

  it("pin each action to a commit, with its version in a comment", () => {
    const action = readFileSync(
      join(project, ".github/actions/pulumi/action.yml"),
      "utf8",
    );
    for (const line of [...names.map(textOf), action].join("\n").split("\n"))
      if (/\buses: (?!\.\/)/.test(line))
        assert.match(line, /uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  for (const name of names) {
    it(`${name} can only read the repository, except where a job says more`, () =>
      assert.deepEqual(workflow(name).permissions, { contents: "read" }));

    it(`${name} limits concurrency and the time of each job`, () => {
      assert.ok(workflow(name).concurrency?.group);
      for (const [job, { "timeout-minutes": minutes }] of jobs(name))
        assert.ok(minutes, job);
    });

    it(`${name} leaves no token in the checked-out repository`, () => {
      for (const [job, { steps }] of jobs(name))
        for (const step of steps)
          if (step.uses?.startsWith("actions/checkout@"))
            assert.equal(step.with?.["persist-credentials"], false, job);
    });
  }

  it("give only the jobs that need it the right to write packages or comments", () => {
    const grants = names.flatMap((name) =>
      jobs(name).flatMap(([job, { permissions = {} }]) =>
        Object.entries(permissions)
          .filter(([, access]) => access === "write")
          .map(([scope]) => `${name}/${job}: ${scope}`),
      ),
    );
    assert.deepEqual(grants.sort(), [
      "deploy/staging: packages",
      "preview/staging: pull-requests",
    ]);
  });

  it("skip deployments, previews and drift until they are enabled, and previews of forks", () => {
    const first = { deploy: "staging", drift: "stack", preview: "staging" };
    for (const [name, job] of Object.entries(first))
      assert.match(
        workflow(name).jobs[job]?.if ?? "",
        /vars\.DEPLOYMENTS == 'enabled' && /,
      );
    assert.match(
      workflow("preview").jobs.staging?.if ?? "",
      /head\.repo\.full_name == github\.repository/,
    );
  });

  it("use no secret in ci, which runs the code of forks", () =>
    assert.doesNotMatch(textOf("ci"), /secrets\./));

  it("change prod only in its environment, whose reviewers approve", () => {
    const changing = names.flatMap((name) =>
      jobs(name)
        .filter(([, { steps }]) =>
          steps.some(({ run = "" }) => /pulumi up\b.*--stack prod/.test(run)),
        )
        .map(([job, { environment }]) => [name, job, environment]),
    );
    assert.deepEqual(changing, [["deploy", "prod", "prod"]]);
  });
});
