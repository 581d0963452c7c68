import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Patches a copy of the Kubernetes provider's module.
 *
 * Removes its component resources (ConfigFile, ConfigGroup, Chart v4, Directory): Marquee uses none of them, and they
 * import the whole generated Go SDK, which takes a third of the build's CPU time. Generates the embedded schema like
 * upstream's generate.go. Fixes two waits for rollouts.
 */
export function patchProvider(folder: string, version: string): void {
  const file = join(folder, "pkg/provider/provider_construct.go");
  const original = readFileSync(file, "utf8");
  const lean = original
    .replace(/^\tprovider(helmv4|kustomizev2|yamlv2) ".*"\n/gm, "")
    .replace(/^\t"kubernetes:.*\n/gm, "");
  if (original.split("\n").length - lean.split("\n").length !== 7)
    throw new Error(
      `${file} is not as expected: expected to remove 3 imports and 4 component resources.`,
    );
  writeFileSync(file, lean);
  patchRolloutWait(join(folder, "pkg/await/deployment.go"));
  patchStatefulSetWait(join(folder, "pkg/await/statefulset.go"));
  const command = join(folder, "cmd/pulumi-resource-kubernetes");
  const json = (name: string) =>
    JSON.parse(readFileSync(join(command, name), "utf8"));
  writeFileSync(
    join(command, "schema-embed.json"),
    JSON.stringify({
      ...json("schema.json"),
      version,
    }),
  );
  writeFileSync(
    join(command, "terraform-mapping-embed.json"),
    JSON.stringify(json("terraform-mapping.json")),
  );
}

/**
 * Upstream may consider a Deployment's rollout finished before it has started: until the controller creates the new
 * ReplicaSet, it checks the old one, which is ready. The patch only counts a ReplicaSet with the Deployment's pod
 * template.
 */
function patchRolloutWait(file: string): void {
  insertAfter(
    file,
    `	if dia.replicaSetGeneration == "0" || !updatedReplicaSetCreated {
		return
	}
`,
    `	if !hasTemplateOf(rs, dia.deployment) {
		dia.updatedReplicaSetReady = false
		return
	}
`,
  );
  appendFileSync(
    file,
    `
func hasTemplateOf(rs, deployment *unstructured.Unstructured) bool {
	theirs, _, _ := unstructured.NestedMap(rs.Object, "spec", "template")
	ours, _, _ := unstructured.NestedMap(deployment.Object, "spec", "template")
	unstructured.RemoveNestedField(theirs, "metadata", "labels", "pod-template-hash")
	return fmt.Sprint(theirs) == fmt.Sprint(ours)
}
`,
  );
}

/**
 * The same for StatefulSets: until the controller observes the new generation, the status is that of the old one, which
 * is ready. Without the patch, an update that breaks the database would count as successful.
 */
function patchStatefulSetWait(file: string): void {
  insertAfter(
    file,
    `	if sia.currentGeneration == 0 {
		// No current generation, StatefulSet controller has not yet created a StatefulSet.
		// Do nothing.
		return
	}
`,
    `	observed, _, _ := unstructured.NestedInt64(statefulset.Object, "status", "observedGeneration")
	if observed < sia.currentGeneration {
		return
	}
`,
  );
}

/** @throws Error unless the file has this text exactly once */
function insertAfter(file: string, text: string, addition: string): void {
  const original = readFileSync(file, "utf8");
  if (original.split(text).length !== 2)
    throw new Error(
      `${file} is not as expected: it does not have exactly one\n${text}`,
    );
  writeFileSync(file, original.replace(text, text + addition));
}
