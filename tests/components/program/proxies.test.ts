import assert from "node:assert/strict";
import type { Resource } from "../../support/components/engine.ts";
import {
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

/** TRUSTED_PROXIES in each service's environment; empty if unset. */
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

describe("The program: trustedProxies", () => {
  const { runWithoutRegistry, failsBeforeCreation } = useProgram();

  /** Runs the program with these settings of auth and, if given, this trustedProxies. */
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

  // `behind` is auth's number if clients reach auth only through streaming; `beside` is streaming's number.
  const rows: [setting: string | undefined, behind: string, beside: string][] =
    [
      [undefined, "1", "0"],
      ["", "1", "0"],
      ["0", "1", "0"],
      ["1", "2", "1"],
      ["4", "5", "4"],
    ];
  for (const [setting, behind, beside] of rows) {
    const shown = JSON.stringify(setting) ?? "undefined";
    for (const auth of [{}, { type: "ClusterIP" }])
      it(`counts streaming as a proxy in front of auth, with trustedProxies ${shown} and auth ${JSON.stringify(auth)}`, async () => {
        assert.deepEqual(await run(auth, setting), {
          auth: behind,
          payment: "",
          streaming: beside,
        });
      });
    for (const type of ["NodePort", "LoadBalancer"])
      it(`lets auth trust no proxy if it is a ${type}, with trustedProxies ${shown}`, async () => {
        assert.deepEqual(await run({ type }, setting), {
          auth: "0",
          payment: "",
          streaming: beside,
        });
      });
  }

  it("ignores the type of streaming", async () => {
    for (const type of ["NodePort", "LoadBalancer"]) {
      const streaming = { ...prebuilt.streaming, type };
      assert.deepEqual(await run({}, "1", { streaming }), {
        auth: "2",
        payment: "",
        streaming: "1",
      });
    }
  });

  it("sets TRUSTED_PROXIES only for streaming if auth runs elsewhere", async () => {
    assert.deepEqual(await run({}, "2", { auth: external }), {
      payment: "",
      streaming: "2",
    });
  });

  it("fails before anything is created if the value is invalid", () =>
    failsBeforeCreation(
      prebuilt,
      /is invalid.*trustedProxies is "5": it must be a whole number from 0 to 4\./s,
      { config: { "marquee:trustedProxies": "5" } },
    ));
});
