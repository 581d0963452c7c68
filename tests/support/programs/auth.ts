import { openDatabase, serve } from "@marquee/service-kit";
import { createAuth } from "../../../services/auth/app.ts";
import { cheap, keyEncryptionKey } from "../auth/domain.ts";

// Auth with hashes that take a fraction of a millisecond, and without rate limits. Argument: {"DATABASE_URL"}, as JSON.
const database = openDatabase(JSON.parse(process.argv[2] ?? "{}"));
const endless = (name: string) => ({
  name,
  burst: 1_000_000,
  intervalSeconds: 1,
});
const service = createAuth({
  database,
  issuer: "http://127.0.0.1:8081",
  keyEncryptionKey,
  hasher: { parameters: cheap },
  rateLimits: {
    account: endless("account"),
    failedLogins: endless("attack"),
    network: endless("network"),
    signUp: endless("sign-up"),
    password: endless("password"),
  },
});
serve(service, { port: 0, hostname: "127.0.0.1" });
