import { startServer } from "../postgres.ts";

// A test that never ends, for a test that interrupts it. It prints the name of its server's container.
describe("Tests with a server", () => {
  it("never end", async () => {
    console.log((await startServer()).container);
    await new Promise(() => {});
  });
});
