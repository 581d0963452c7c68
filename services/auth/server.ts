import {
  databaseVariables,
  environment,
  isOrigin,
  openDatabase,
  serve,
  wholeNumber,
} from "@marquee/service-kit";
import * as z from "zod";
import { createAuth } from "./app.ts";
import { clientAddresses } from "./http/client-info.ts";
import { CommonPasswordsError } from "./passwords/password-rules.ts";
import { shortestSecret } from "./secrets.ts";

const issuerMessage =
  "expected a URL such as https://auth.example.com, without a path and without a slash at its end";
const secretMessage = `expected ${shortestSecret} characters at least; \`openssl rand -base64 32\` makes them`;

const {
  PORT,
  ISSUER,
  KEY_ENCRYPTION_KEY,
  TRUSTED_PROXIES,
  CLIENT_ADDRESSES,
  ...variables
} = environment({
  ...databaseVariables,
  /**
   * The service's URL as those who verify its tokens know it: `iss` in tokens, and the start of the URLs in its
   * metadata.
   */
  ISSUER: z.string(issuerMessage).refine(isOrigin, issuerMessage),
  /** Encrypts the signing keys in the database. Another one makes new keys; the old ones' tokens stay valid. */
  KEY_ENCRYPTION_KEY: z
    .string(secretMessage)
    .min(shortestSecret, secretMessage),
  /** Proxies that each request comes through, and that write X-Forwarded-For. @default 0 */
  TRUSTED_PROXIES: wholeNumber(0, 5).default(0),
  /** Whether clients can be told apart by address. If "hidden", no limit is per network. @default preserved */
  CLIENT_ADDRESSES: z.enum(clientAddresses).default("preserved"),
});

const database = openDatabase(variables, { name: "auth" });
const auth = createAuthOrExit();
const end = async () => {
  await auth.shutdown();
  await database.close();
};
serve(
  { ...auth, shutdown },
  {
    port: PORT,
    keepAlive: { seconds: variables.KEEP_ALIVE_SECONDS },
  },
);

function createAuthOrExit() {
  try {
    return createAuth({
      database,
      issuer: ISSUER,
      keyEncryptionKey: KEY_ENCRYPTION_KEY,
      trustedProxies: TRUSTED_PROXIES,
      clientAddresses: CLIENT_ADDRESSES,
    });
  } catch (error) {
    if (!(error instanceof CommonPasswordsError)) throw error;
    // The mistake is not in the program: its stack would only hide what to do.
    console.error(`This program can't start:\n  ${error.message}`);
    process.exit(1);
  }
}
