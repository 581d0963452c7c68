import assert from "node:assert/strict";
import {
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

const external = { type: "ExternalName", externalName: "a.example.com" };

describe("The program: keepAliveSeconds", () => {
  const { runWithoutRegistry, failsBeforeCreation } = useProgram();

  /** The variable in each service's container, by service. */
  const variables = async (config: Record<string, string>, services = {}) => {
    const { resources } = await runWithoutRegistry(
      { ...prebuilt, ...services },
      { config },
    );
    return Object.fromEntries(
      Object.entries(pods(resources)).map(([name, { containers }]) => [
        name,
        containers[0].env.filter(
          ({ name }: { name: string }) => name === "KEEP_ALIVE_SECONDS",
        ),
      ]),
    );
  };
  const set = [{ name: "KEEP_ALIVE_SECONDS", value: "4060" }];

  it("sets KEEP_ALIVE_SECONDS for every service", async () => {
    assert.deepEqual(await variables({ "marquee:keepAliveSeconds": "4060" }), {
      auth: set,
      payment: set,
      streaming: set,
    });
  });

  it("sets KEEP_ALIVE_SECONDS only for the services that run here", async () => {
    const config = { "marquee:keepAliveSeconds": "4060" };
    assert.deepEqual(await variables(config, { payment: external }), {
      auth: set,
      streaming: set,
    });
  });

  it("sets no KEEP_ALIVE_SECONDS without the key", async () => {
    assert.deepEqual(await variables({}), {
      auth: [],
      payment: [],
      streaming: [],
    });
  });

  it("fails before anything is created if the value is invalid", () =>
    failsBeforeCreation(
      prebuilt,
      /is invalid.*keepAliveSeconds is "10m": it must be a whole number from 1 to 9999\./s,
      { config: { "marquee:keepAliveSeconds": "10m" } },
    ));
});
