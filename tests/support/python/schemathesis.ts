import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../../local/host/command.ts";
import { python } from "./index.ts";

/** Checks of each response, besides those of the document's own examples and links. */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "ignored_auth",
  "use_after_free",
];

/**
 * Sends hundreds of valid and invalid requests generated from a service's OpenAPI document; fails on an undocumented
 * answer or a 5xx.
 * @param url URL of the service
 * @param examples requests per route
 * @param token bearer token. @default none
 */
export async function schemathesis(
  url: string,
  examples: number,
  token?: string,
): Promise<void> {
  const seed = randomInt(2 ** 31);
  const folder = mkdtempSync(join(tmpdir(), "marquee-fuzz-"));
  try {
    const output = await python("schemathesis", [
      ...["run", `${url}/openapi.json`],
      ...["--checks", checks.join()],
      ...["--max-examples", `${examples}`, "--seed", `${seed}`],
      ...["--report", "junit", "--report-dir", folder],
      ...(token ? ["--header", `Authorization: Bearer ${token}`] : []),
    ]);
    assert.match(output, /(\d{3,}) generated/, output);
  } catch (error) {
    if (error instanceof CommandError)
      assert.fail(`schemathesis, seed ${seed}:\n${error.output}`);
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
