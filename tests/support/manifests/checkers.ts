import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { goTool } from "../go-programs.ts";
import { schemaLocation } from "./schemas.ts";

/** The two checkers, whose versions are in go/go.mod. */
export const checkers = goTool(
  [
    "github.com/yannh/kubeconform/cmd/kubeconform",
    "github.com/zegl/kube-score/cmd/kube-score",
  ],
  join(import.meta.dirname, "go"),
  "to check the Kubernetes objects",
);

/** Builds the checkers, unless the cache has them; returns their paths. */
export async function ensureCheckers(): Promise<{
  kubeconform: string;
  kubeScore: string;
}> {
  const [kubeconform = "", kubeScore = ""] = await checkers.ensure();
  return { kubeconform, kubeScore };
}

/** Kubeconform's findings: a message for each object that is invalid or has no schema. */
export async function conformance(
  objects: object[],
  schemas: string,
): Promise<string[]> {
  const { kubeconform } = await ensureCheckers();
  const { resources } = report(
    kubeconform,
    [
      "-strict",
      ...["-n", "1"], // in the objects' order
      ...["-output", "json"],
      ...["-schema-location", schemaLocation(schemas)],
    ],
    objects,
  ) as { resources: { kind: string; name: string; msg: string }[] };
  return resources.map(
    ({ kind, name, msg }) => `${kind}/${name}: ${errorsIn(msg)}`,
  );
}

/** The errors in kubeconform's message, without its headings: "at '/spec/replicas': got string, want …". */
function errorsIn(message: string): string {
  const [introduction = "", ...parts] = message.split(/\s+- (?=at ')/);
  return parts.length === 0
    ? introduction
    : parts
        .filter((part) => !part.endsWith(": validation failed"))
        .sort() // kubeconform has them in any order
        .join("; ");
}

/** Kube-score's grades below the good ones. */
const grades = { critical: 1, warning: 5 };

/** Kube-score's findings about a set of objects, each as "Kind/name: check: comment", sorted. */
export async function scores(
  objects: object[],
): Promise<{ critical: string[]; warning: string[] }> {
  const { kubeScore } = await ensureCheckers();
  const scored = report(
    kubeScore,
    // The oldest version that Marquee supports. The default is 1.18.
    ["score", "--kubernetes-version=v1.30", "--output-format=json", "-"],
    objects,
  ) as ScoredObject[] | null; // null if no check is about these kinds
  const graded = (grade: number) =>
    (scored ?? []).flatMap((object) => complaints(object, grade)).sort();
  return { critical: graded(grades.critical), warning: graded(grades.warning) };
}

interface ScoredObject {
  type_meta: { kind: string };
  object_meta: { name: string };
  checks: {
    check: { id: string; comment: string };
    grade: number;
    /** The check doesn't apply, or an annotation of the object disables it. */
    skipped: boolean;
    /** `path` is the name of a container or a label, if the comment is about one. */
    comments: { path: string; summary: string }[] | null;
  }[];
}

function complaints(object: ScoredObject, grade: number): string[] {
  return object.checks
    .filter((check) => !check.skipped && check.grade === grade)
    .flatMap(({ check, comments }) =>
      (comments ?? [{ path: "", summary: check.comment }]).map(
        ({ path, summary }) =>
          `${object.type_meta.kind}/${object.object_meta.name}: ${check.id}: ${path && `${path}: `}${summary}`,
      ),
    );
}

/** A checker's report. Checkers exit with code 1 for findings and for unreadable objects, but report only findings. */
function report(program: string, args: string[], objects: object[]): unknown {
  const { stdout, stderr, error } = spawnSync(program, args, {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    encoding: "utf8",
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (error) throw error;
  if (stdout.trim() === "")
    throw new Error(`${basename(program)} can't read the objects: ${stderr}`);
  return JSON.parse(stdout);
}
