import assert from "node:assert/strict";
import {
  container,
  ensureUp,
  json,
  ok,
  until,
} from "../../support/e2e/environment.ts";
import { quoted, statusFrom } from "../../support/e2e/in-pod.ts";

const ports = { auth: 8081, payment: 8082, streaming: 8083 };

const go = "/tmp/go";
const program = "/node/bin/kube-network-policy";

/** Replaces the program that enforces network policies by one that waits first. */
const delayedProgram = `#!/bin/sh
until [ -e ${go} ]; do sleep 0.1; done
exec /node/bin/kube kube-network-policy "$@"
`;

const inNode = (command: string) =>
  ok(`docker exec ${container} sh -c ${quoted(command)}`);

/** The addresses of a service's pods, by pod. */
async function addresses(service: string): Promise<Record<string, string>> {
  const { items } = await json(
    `kubectl get pods -l app=${service}-service -o json`,
  );
  return Object.fromEntries(
    items.map(
      ({
        metadata,
        status,
      }: {
        metadata: { name: string };
        status: { podIP: string };
      }) => [metadata.name, status.podIP],
    ),
  );
}

describe("Restart of the node", function () {
  this.timeout("5m");
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
    await ok("kubectl rollout status deployment --timeout=60s");
  });

  it("blocks connections between pods until network policies are in force, and then allows only permitted ones", async () => {
    const before = await addresses("payment");
    await inNode(
      `printf %s ${quoted(delayedProgram)} >${program}.new && chmod +x ${program}.new && mv ${program}.new ${program}`,
    );
    try {
      await ok(`docker restart -t 0 ${container}`);
      await until(async () => {
        const now = await addresses("payment");
        for (const [pod, address] of Object.entries(before))
          assert.ok(now[pod] && now[pod] !== address, `${pod} has not started`);
        const alive = Object.entries(ports).map(([service, port]) =>
          statusFrom(service, `http://127.0.0.1:${port}/livez`),
        );
        assert.deepEqual(await Promise.all(alive), ["200", "200", "200"]);
      });
      const [address] = Object.values(await addresses("payment"));
      const from = (service: string) =>
        statusFrom(service, `http://${address}:${ports.payment}/livez`);
      const forbidden = [from("auth")];
      assert.equal(await from("streaming"), "no response");

      await inNode(`touch ${go}`);
      await until(async () => {
        forbidden.push(from("auth"));
        assert.equal(await from("streaming"), "200");
      });
      for (const answer of forbidden) assert.equal(await answer, "no response");
    } finally {
      await inNode(`touch ${go} && ln -sf kube ${program}`);
      await ok("kubectl rollout status deployment --timeout=120s");
    }
  });
});
