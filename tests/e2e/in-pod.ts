import { ok } from "./environment.ts";

/** A text as one word of a shell's command line. */
export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The command line that runs a program, given as its text, in a pod of a Deployment; `more` is for kubectl. */
export const commandInPod = (deployment: string, program: string, more = "") =>
  `kubectl exec ${more} deployment/${deployment}-deployment -- /nodejs/bin/node -e ${quoted(program)}`;

/** Runs a program in a pod of a service; returns what it wrote. */
export const inPod = (service: string, program: string, more = "") =>
  ok(commandInPod(service, program, more));

/** What a pod of a service gets from a URL: the status, or "no way". */
export const statusFrom = (service: string, url: string, method = "GET") =>
  inPod(
    service,
    `fetch("${url}", { method: "${method}", signal: AbortSignal.timeout(3000) })
      .then(({ status }) => console.log(status), () => console.log("no way"))`,
  );

/** The name that the cluster's DNS has for another. */
export const cname = (name: string, more = "") =>
  inPod(
    "streaming",
    `require("dns").resolveCname("${name}", (error, names) => console.log(error?.code ?? names.join()))`,
    more,
  );
