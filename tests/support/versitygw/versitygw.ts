import { join } from "node:path";
import { goTool } from "../go-programs.ts";

/** Versity's S3 gateway, which keeps objects as files. Its version is in go/go.mod. Building it takes a minute. */
export const versitygw = goTool(
  ["github.com/versity/versitygw/cmd/versitygw"],
  join(import.meta.dirname, "go"),
  "to read videos from an S3 server",
);
