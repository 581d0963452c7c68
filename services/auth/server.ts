import {
  accessTokenVariables,
  databaseVariables,
  environment,
  openDatabase,
  secret,
  serve,
  trustedProxies,
} from "@marquee/service-kit";
import * as z from "zod";
import { createAuth } from "./app.ts";
import { clientAddresses } from "./http/client-info.ts";
import { CommonPasswordsError } from "./passwords/password-rules.ts";

const {
  PORT,
  ISSUER,
  KEY_ENCRYPTION_KEY,
  TRUSTED_PROXIES,
  CLIENT_ADDRESSES,
  ...variables
} = environment({
  ...databaseVariables,
  /** The service's public URL: `iss` in tokens, and the base of the URLs in the metadata. */
  ISSUER: accessTokenVariables.ISSUER,
  /** Encrypts the signing keys in the database. Changing it creates new keys; existing tokens stay valid. */
  KEY_ENCRYPTION_KEY: secret,
  /** Number of proxies in front of the service that append to X-Forwarded-For. @default 0 */
  TRUSTED_PROXIES: trustedProxies,
  /** Whether client addresses reach the service. If "hidden", no limit applies per network. @default preserved */
  CLIENT_ADDRESSES: z.enum(clientAddresses).default("preserved"),
});

const database = openDatabase(variables, { name: "auth" });
const auth = createAuthOrExit();
const end = async () => {
  await auth.shutdown();
  await database.close();
};
serve(
  { ...auth, shutdown: end },
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
    // An installation error: a stack trace would only hide the message.
    console.error(`This program can't start:\n  ${error.message}`);
    process.exit(1);
  }
}
