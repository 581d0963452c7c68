import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { ensureGoPrograms } from "../go-programs.ts";
import { schemaLocation } from "./schemas.ts";

/** The Go packages of the two checkers. What they are is decided in go/go.mod. */
const packages = [
  "github.com/yannh/kubeconform/cmd/kubeconform",
  "github.com/zegl/kube-score/cmd/kube-score",
];

/** Builds the checkers, unless the cache has them; returns where they are. */
export async function ensureCheckers(): Promise<{
  kubeconform: string;
  kubeScore: string;
}> {
  const [kubeconform = "", kubeScore = ""] = await ensureGoPrograms(
    packages,
    join(import.meta.dirname, "go"),
  );
  return { kubeconform, kubeScore };
}

/** What kubeconform says of objects: a sentence for each that its schema forbids, or that has none. None: all are right. */
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
    ({ kind, name, msg }) => `${kind}/${name}: ${mistakes(msg)}`,
  );
}

/** Kubeconform's message without what introduces and groups the mistakes: "at '/spec/replicas': got string, want …". */
function mistakes(message: string): string {
  const [introduction = "", ...parts] = message.split(/\s+- (?=at ')/);
  return parts.length === 0
    ? introduction
    : parts
        .filter((part) => !part.endsWith(": validation failed"))
        .sort() // kubeconform has them in any order
        .join("; ");
}

/** Kube-score's grades; between warning and perfect there is one that it counts as good. */
const grades = { critical: 1, warning: 5 };

/** What kube-score says of objects, all of them together: each as "Kind/name: check: comment", sorted. */
export async function scores(
  objects: object[],
): Promise<{ critical: string[]; warning: string[] }> {
  const { kubeScore } = await ensureCheckers();
  const scored = report(
    kubeScore,
    // Without a version, it takes the cluster for one of 1.18. This is the oldest that Marquee is for.
    ["score", "--kubernetes-version=v1.30", "--output-format=json", "-"],
    objects,
  ) as ScoredObject[] | null; // null: none of these kinds has a check
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
    /** It doesn't apply, or an annotation of the object says to ignore it. */
    skipped: boolean;
    /** `path` is a container's name or a label's, if the comment is on one. */
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

/** What a checker reports of objects. It ends with code 1 where it has complaints, as where it can't read them: then there is no report. */
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
