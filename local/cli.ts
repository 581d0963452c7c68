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
// Everything local is made for the engine's own platform. This variable would choose another one for `docker build` and
// `docker run`: on a Mac, people set it to build images for servers.
delete process.env.DOCKER_DEFAULT_PLATFORM;
try {
  await command(process.argv.slice(3));
} catch (error) {
  const { message, name, stack } = error as Error;
  // A program that failed has said why; only what nobody foresaw needs the place in our code.
  const foreseen = error instanceof UserError || name === "CommandError";
  say(`\n${foreseen ? message : stack}`);
  if (process.argv[2] === "up")
    (await import("./host/command.ts")).endCommands();
  process.exit(1);
}
