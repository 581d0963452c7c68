import { say } from "./progress.ts";
import { UserError } from "./user-error.ts";

const commands: Record<string, () => Promise<unknown>> = {
  up: async () => (await import("./up.ts")).up(),
  down: async () => (await import("./down.ts")).down(),
  env: async () => (await import("./up.ts")).env(),
};
const command = commands[process.argv[2] ?? ""];
if (!command) {
  say(`usage: npm run ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
try {
  await command();
} catch (error) {
  say(
    `\n${error instanceof UserError ? error.message : (error as Error).stack}`,
  );
  process.exit(1);
}
