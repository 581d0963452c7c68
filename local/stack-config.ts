import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { project } from "./host.ts";

const devConfig = join(project, "Pulumi.dev.yaml");

const read = (file: string): Document =>
  parseDocument(readFileSync(file, "utf8"));

/** Returns the kubeconfig context that stack dev is configured for. */
export const stackContext = (file = devConfig): unknown =>
  read(file).getIn(["config", "marquee:context"]);

/** Whether stack dev's configuration has a key. */
export const hasStackConfig = (key: string, file = devConfig): boolean =>
  read(file).hasIn(["config", key]);

/**
 * Sets keys of stack dev's configuration. The rest of the file stays as it is.
 * @param values by path, such as ["marquee:database", "image"]
 */
export function setStackConfig(
  values: { path: string[]; value: string }[],
  file = devConfig,
): void {
  const document = read(file);
  for (const { path, value } of values)
    document.setIn(["config", ...path], value);
  writeFileSync(file, document.toString({ lineWidth: 0 }));
}
