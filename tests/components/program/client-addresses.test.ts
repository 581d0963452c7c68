import assert from "node:assert/strict";
import { warnings } from "../../support/components/engine.ts";
import { serviceType } from "../../support/components/microservices.ts";
import {
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

const balanced = { type: "LoadBalancer" };
const local = { ...balanced, externalTrafficPolicy: "Local" };

describe("The program: client addresses", () => {
  const { runWithoutRegistry } = useProgram();

  /** The value of CLIENT_ADDRESSES in auth's pods, and the program's warnings. */
  async function run(
    { auth = {}, streaming = {} }: { auth?: object; streaming?: object },
    trustedProxies = "0",
  ) {
    let clientAddresses: string | undefined;
    const warned = await warnings(async () => {
      const { resources } = await runWithoutRegistry(
        {
          ...prebuilt,
          auth: { ...prebuilt.auth, ...auth },
          streaming: { ...prebuilt.streaming, ...streaming },
        },
        { config: { "marquee:trustedProxies": trustedProxies } },
      );
      clientAddresses = pods(resources).auth.containers[0].env.find(
        ({ name }: { name: string }) => name === "CLIENT_ADDRESSES",
      )?.value;
    });
    return { clientAddresses, warned };
  }

  for (const [title, services, trustedProxies] of [
    ["streaming's externalTrafficPolicy is Local", { streaming: local }, "0"],
    ["a trusted proxy is in front of streaming", {}, "1"],
    [
      "a trusted proxy is behind streaming's load balancer",
      { streaming: balanced },
      "1",
    ],
  ] as const)
    it(`tells auth that addresses are preserved if ${title}`, async () => {
      assert.deepEqual(await run(services, trustedProxies), {
        clientAddresses: "preserved",
        warned: [],
      });
    });

  for (const [title, services] of [
    ["streaming is a ClusterIP without a trusted proxy", {}],
    ["streaming is a NodePort", { streaming: { type: "NodePort" } }],
    [
      "auth is a NodePort of its own",
      { auth: { type: "NodePort" }, streaming: { ...local, type: "NodePort" } },
    ],
  ] as const)
    it(`tells auth that addresses are hidden if ${title}`, async () => {
      assert.deepEqual(await run(services), {
        clientAddresses: "hidden",
        warned: [],
      });
    });

  it("warns about addresses that streaming's load balancer hides, and names the setting", async () => {
    for (const streaming of [
      balanced,
      { ...balanced, externalTrafficPolicy: "Cluster" },
    ]) {
      const { clientAddresses, warned } = await run({ streaming });
      assert.equal(clientAddresses, "hidden");
      assert.equal(warned.length, 1);
      assert.match(
        `${warned[0]}`,
        /auth can't see its clients' IP addresses.*services\.streaming\.externalTrafficPolicy to Local/,
      );
    }
  });

  it("warns about addresses that auth's own load balancer hides, and says what to do", async () => {
    const { clientAddresses, warned } = await run(
      { auth: local, streaming: local },
      "1",
    );
    assert.equal(clientAddresses, "hidden");
    assert.equal(warned.length, 1);
    assert.match(`${warned[0]}`, /make auth a ClusterIP\.$/);
  });

  it("sets externalTrafficPolicy Local only on the configured Service", async () => {
    const { resources } = await runWithoutRegistry({
      ...prebuilt,
      streaming: { ...prebuilt.streaming, ...local },
    });
    assert.deepEqual(
      resources
        .filter(({ type }) => type === serviceType)
        .map(({ name, inputs }) => [name, inputs.spec.externalTrafficPolicy])
        .filter(([, policy]) => policy !== undefined),
      [["streaming-service", "Local"]],
    );
  });
});
