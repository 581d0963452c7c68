import assert from "node:assert/strict";
import { network } from "../../../local/cluster/addresses.ts";
import { describeEndpoint } from "../../../local/commands/endpoints.ts";

const address = network.loadBalancers.replace("/27", "");

describe("describeEndpoint", () => {
  const checkedAddresses: string[] = [];
  beforeEach(() => checkedAddresses.splice(0));
  const describeFrom = (reaches: boolean, service: string, url: string) =>
    describeEndpoint(service, url, async (host, port) => {
      checkedAddresses.push(`${host}:${port}`);
      return reaches;
    });

  it("marks an address in the cluster as such", async () => {
    assert.equal(
      await describeFrom(false, "auth", "http://auth-service.dev.svc:8081"),
      "  auth       http://auth-service.dev.svc:8081  (in the cluster)",
    );
  });

  it("returns node ports and external addresses unchanged", async () => {
    for (const url of ["http://127.0.0.1:30003", "https://auth.example"])
      assert.equal(
        await describeFrom(false, "streaming", url),
        `  streaming  ${url}`,
      );
    assert.deepEqual(checkedAddresses, []);
  });

  it("returns a load balancer's address unchanged if this machine reaches it", async () => {
    const url = `http://${address}:8083`;
    assert.equal(
      await describeFrom(true, "streaming", url),
      `  streaming  ${url}`,
    );
    assert.deepEqual(checkedAddresses, [`${address}:8083`]);
  });

  for (const [url, port, forward] of [
    [`http://${address}:8083`, 8083, "8083"],
    [`http://${address}`, 80, "8080:80"],
    [`https://${address}`, 443, "8443:443"],
  ] as const)
    it(`says how to reach a load balancer's port ${port} from a machine outside of Docker's network`, async () => {
      assert.equal(
        await describeFrom(false, "streaming", url),
        `  streaming  ${url}  (reachable only from Docker's network. From here: \`kubectl port-forward service/streaming-service ${forward}\`, or type NodePort instead of LoadBalancer)`,
      );
      assert.deepEqual(checkedAddresses, [`${address}:${port}`]);
    });
});
