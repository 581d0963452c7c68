import {
  type Database,
  DatabaseUnavailableError,
  type Queries,
} from "@marquee/service-kit";
import {
  createKeyring,
  type Keyring,
  type KeyringOptions,
} from "../../../services/auth/tokens/keyring.ts";
import {
  createTokenIssuer,
  type TokenIssuer,
} from "../../../services/auth/tokens/token-issuer.ts";
import { keyEncryptionKey, pass, type Replicas } from "./domain.ts";

/** An hour in seconds. */
export const hour = 60 * 60;
export const otherKey = "another-key-encryption-key-of-32-";
export const user = { id: "b3f6c9f4-5a0b-4f0e-9d5e-0f5d1c1e2a3b" };

/** Starts replicas' keyrings in the calling suite, and stops them after each test. */
export function useKeyrings(replicas: Replicas) {
  const started: Keyring[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((keyring) => keyring.stop()));
  });
  return {
    /** Starts a replica, on the first database by default. */
    async replica(
      options: Partial<KeyringOptions> = {},
      database: Database = replicas.first,
    ): Promise<Keyring> {
      const keyring = createKeyring(database, { keyEncryptionKey, ...options });
      started.push(keyring);
      await keyring.load();
      return keyring;
    },
    /** Lets this many seconds pass, then reloads the given replicas. */
    async advance(seconds: number, ...noticing: Keyring[]): Promise<void> {
      await pass(replicas.first, seconds);
      for (const keyring of noticing) await keyring.load();
    },
  };
}

/** The ids of the published keys. */
export const kids = (keyring: Keyring) =>
  keyring.jwks().keys.map(({ kid }) => kid);

/** The id of the key that signs. */
export const signer = async (keyring: Keyring) =>
  (await keyring.signingKey()).kid;

export const tokensOf = (keyring: Keyring): TokenIssuer =>
  createTokenIssuer(keyring, { issuer: "https://auth.example" });

export const token = async (keyring: Keyring) =>
  (await tokensOf(keyring).issue(user, user)).token;

/** A database that counts statements and can be made unavailable. */
export function watched(database: Database) {
  const state = { statements: 0, refused: 0, isUnavailable: false };
  const query: Queries["query"] = async (text, values) => {
    if (state.isUnavailable) {
      state.refused++;
      throw new DatabaseUnavailableError(new Error("gone"));
    }
    state.statements++;
    return database.query(text, values);
  };
  const transaction: Database["transaction"] = (work) =>
    database.transaction(work);
  return { state, database: { query, transaction, close: async () => {} } };
}
