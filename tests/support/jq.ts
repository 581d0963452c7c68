import { debianTool } from "./debian-program.ts";

export const jq = debianTool(
  "jq",
  "usr/bin/jq",
  ["jq", "libjq1", "libonig5"],
  "to run the commands in the services' READMEs",
);
