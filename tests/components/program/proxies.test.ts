import assert from "node:assert/strict";
import type { Resource } from "../../support/components/engine.ts";
import {
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

/** The proxies that each service's program trusts, as its environment says it; none where it says nothing. */
const trusted = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(pods(resources)).map(([name, { containers }]) => [
      name,
      containers[0].env
        .filter(({ name }: { name: string }) => name === "TRUSTED_PROXIES")
        .map(({ value }: { value: string }) => value)
        .join(),
    ]),
  );

const external = { type: "ExternalName", externalName: "a.example.com" };

describe("the program, with trusted proxies", () => {
  const { runWithoutRegistry, endsUnmade } = useProgram();

  /** With auth so, and this setting, which is left out without one. */
  const run = async (
    auth: object,
    trustedProxies?: string,
    services: object = {},
  ) => {
    const { resources } = await runWithoutRegistry(
      { ...prebuilt, auth: { ...prebuilt.auth, ...auth }, ...services },
      {
        config:
          trustedProxies === undefined
            ? {}
            : { "marquee:trustedProxies": trustedProxies },
      },
    );
    return trusted(resources);
  };

  // Whom streaming trusts, and auth where it is reached through streaming alone, or not.
  const rows: [setting: string | undefined, behind: string, beside: string][] =
    [
      [undefined, "1", "0"],
      ["", "1", "0"],
      ["0", "1", "0"],
      ["1", "2", "1"],
      ["4", "5", "4"],
    ];
  for (const [setting, behind, beside] of rows) {
    const said = JSON.stringify(setting) ?? "nothing";
    for (const auth of [{}, { type: "ClusterIP" }])
      it(`has streaming be one more to auth, for ${said} and ${JSON.stringify(auth)}`, async () => {
        assert.deepEqual(await run(auth, setting), {
          auth: behind,
          payment: "",
          streaming: beside,
        });
      });
    for (const type of ["NodePort", "LoadBalancer"])
      it(`has auth that people reach past streaming trust nobody, for ${said} and a ${type}`, async () => {
        assert.deepEqual(await run({ type }, setting), {
          auth: "0",
          payment: "",
          streaming: beside,
        });
      });
  }

  it("goes by auth's type, and by nobody else's", async () => {
    for (const type of ["NodePort", "LoadBalancer"]) {
      const streaming = { ...prebuilt.streaming, type };
      assert.deepEqual(await run({}, "1", { streaming }), {
        auth: "2",
        payment: "",
        streaming: "1",
      });
    }
  });

  it("tells streaming alone where auth runs elsewhere", async () => {
    assert.deepEqual(await run({}, "2", { auth: external }), {
      payment: "",
      streaming: "2",
    });
  });

  it("ends before anything is made where they are no such number", () =>
    endsUnmade(
      prebuilt,
      /a mistake.*trustedProxies is "5": it must be a whole number from 0 to 4\./s,
      { config: { "marquee:trustedProxies": "5" } },
    ));
});
