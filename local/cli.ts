import { down } from "./down.ts";
import { UserError } from "./host.ts";
import { say } from "./progress.ts";
import { env, up } from "./up.ts";

const commands: Record<string, () => Promise<void> | void> = { up, down, env };
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
