import { startServer } from "../postgres.ts";

// Tests that never end, for a test that interrupts them: one starts a server and says which container that is.
describe("Tests with a server", () => {
  it("hang", async () => {
    console.log((await startServer()).container);
    await new Promise(() => {});
  });
});
