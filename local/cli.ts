import { say } from "./progress.ts";
import { UserError } from "./user-error.ts";

const commands: Record<string, (args: string[]) => Promise<unknown>> = {
  up: async (args) => (await import("./commands/up.ts")).up(args),
  down: async (args) => (await import("./commands/down.ts")).down(args),
  env: async () => (await import("./commands/env.ts")).env(),
};
const command = commands[process.argv[2] ?? ""];
if (!command) {
  say(`usage: npm run ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
// Local images must be built for the engine's own platform. On a Mac, developers set this variable to build images for
// servers, and `docker build` and `docker run` would follow it.
delete process.env.DOCKER_DEFAULT_PLATFORM;
try {
  await command(process.argv.slice(3));
} catch (error) {
  const { message, name, stack } = error as Error;
  // Expected errors explain themselves; only unexpected ones need a stack trace.
  const expected = error instanceof UserError || name === "CommandError";
  say(`\n${expected ? message : stack}`);
  if (process.argv[2] === "up")
    (await import("./host/command.ts")).terminateCommands();
  process.exit(1);
}
