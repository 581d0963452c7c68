import { setTimeout as sleep } from "node:timers/promises";
import { type Database, logger, type Queries } from "@marquee/service-kit";
import type { CryptoKey, JWK } from "jose";
import { createKeyEncryption } from "./key-encryption.ts";
import {
  canSign,
  checkTimes,
  defaultKeyRotationTimes,
  type KeyRotationTimes,
  keyLifetimeMs,
  nextKeySignsFrom,
} from "./key-rotation.ts";
import {
  type OpenedKey,
  openKey,
  readKeys,
  type SigningKey,
  type StoredKey,
  storeNewKey,
} from "./signing-key.ts";

export type { KeyRotationTimes as KeyringTimes };

export interface KeyringOptions extends Partial<KeyRotationTimes> {
  /** What KEY_ENCRYPTION_KEY holds: 32 characters at least. */
  keyEncryptionKey: string;
}

/** The keys that access tokens are signed with and verified by, the same in all replicas. */
export interface Keyring {
  /** Reads the keys, and makes one if it is time for it. To be done once before anything else. @throws DatabaseUnavailableError */
  load(): Promise<void>;
  /** Loads again and again, until `stop`; what fails is logged and tried again. */
  start(): void;
  stop(): Promise<void>;
  /** The key to sign with now. @throws DatabaseUnavailableError if there is none yet */
  signingKey(): Promise<{ kid: string; privateKey: CryptoKey }>;
  /** The public keys of all tokens that may be valid, and of those that are to come: RFC 7517's JWK Set. */
  jwks(): { keys: JWK[] };
  /** Seconds that a cache may keep the JWKS for. */
  jwksMaxAgeSeconds: number;
  /**
   * The public key with this id, if its tokens may be valid. For one that it does not know it reads the keys again, a few
   * times a second at most: another replica may just have made it.
   * @throws DatabaseUnavailableError
   */
  findPublicKey(kid: string): Promise<CryptoKey | undefined>;
  /** The time by the database's clock, in milliseconds since 1970. */
  now(): number;
  /** Seconds. */
  tokenLifetimeSeconds: number;
}

/** Milliseconds between two reads at least. */
const minReadIntervalMs = 250;

/**
 * Signing keys that rotate on schedule, without a token being refused for it.
 *
 * A key is stored with the time from which it signs, and the time after which no token of it is valid. It is published all
 * that time: no replica has to know what another one does. A new key is stored `publishAheadSeconds` before it signs, by whichever
 * replica sees first that it is time, under a lock. All times are by the database's clock.
 *
 * Only the first key signs at once, and the first one under another KEY_ENCRYPTION_KEY: the old private keys can't be read
 * then, but their public keys stay published, so that their tokens stay valid. Replicas that still have the old
 * KEY_ENCRYPTION_KEY go on with their own keys; each signs with its own newest and verifies all. Who verifies with a cached
 * JWKS may see a new key before the cache has it in this case alone, and reads again.
 *
 * To make all tokens invalid at once, as after a leak: set another KEY_ENCRYPTION_KEY, and when it is everywhere
 * `DELETE FROM signing_keys`; each replica notices within `reloadIntervalSeconds`.
 * @throws RangeError if the times don't go together
 */
export function createKeyring(
  database: Database,
  { keyEncryptionKey, ...given }: KeyringOptions,
): Keyring {
  const times = { ...defaultKeyRotationTimes, ...given };
  checkTimes(times);
  const encryption = createKeyEncryption(keyEncryptionKey);
  /** The newest first. */
  let keys: SigningKey[] = [];
  let byKid = new Map<string, SigningKey>();
  /** What the database's clock said at a time of ours. */
  let clock: { database: number; own: number } | undefined;

  function now(): number {
    if (!clock) throw new Error("The signing keys were not loaded yet.");
    return clock.database + performance.now() - clock.own;
  }

  async function read(queries: Queries): Promise<SigningKey[]> {
    const began = performance.now();
    const { now, stored } = await readKeys(queries);
    if (!clock) warnAboutOtherEncryptionKeys(stored, encryption.id);
    const kids = new Set(stored.map(({ kid }) => kid));
    for (const kid of opened.keys()) if (!kids.has(kid)) opened.delete(kid);
    clock = { database: now, own: (began + performance.now()) / 2 };
    const found = await Promise.all(
      stored.map(async (row) => {
        const key = await open(row);
        return key && { ...key, ...timesOf(row) };
      }),
    );
    return found.filter((key) => key !== undefined);
  }

  /** Opens a key the first time it is seen; its times may change. */
  const opened = new Map<string, Promise<OpenedKey | undefined>>();
  function open(stored: StoredKey): Promise<OpenedKey | undefined> {
    const { kid } = stored;
    const report = (err: unknown) => {
      logger.error({ err, kid }, "a signing key in the database is damaged");
      return undefined;
    };
    const key =
      opened.get(kid) ?? openKey(stored, encryption, report).catch(report);
    opened.set(kid, key);
    return key;
  }

  async function readAndRotate(): Promise<void> {
    let found = await read(database);
    if (nextKeySignsFrom(found, now(), times) !== undefined)
      found = await database.transaction(async (tx) => {
        await tx.query(
          "SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))",
        );
        const current = await read(tx);
        const from = nextKeySignsFrom(current, now(), times); // another replica may have been first
        if (from === undefined) return current;
        await storeNewKey(tx, encryption, from, from + keyLifetimeMs(times));
        return read(tx);
      });
    keys = found;
    byKid = new Map(found.map((key) => [key.kid, key]));
  }

  let running: Promise<void> = Promise.resolve();
  let began = Number.NEGATIVE_INFINITY;
  let next: Promise<void> | undefined;
  /** Begins a read after it was called, one for all who call meanwhile. */
  function load(): Promise<void> {
    next ??= (async () => {
      await running.catch(() => {});
      await sleep(Math.max(0, began + minReadIntervalMs - performance.now()));
      next = undefined;
      began = performance.now();
      running = readAndRotate();
      await running;
    })();
    return next;
  }

  let timer: NodeJS.Timeout | undefined;
  const reload = () =>
    load().catch((err) =>
      logger.warn(
        { err },
        "the signing keys can't be read; the old ones serve",
      ),
    );

  const signing = () => keys.find((key) => canSign(key, now(), times));
  const known = (kid: string) => {
    const key = byKid.get(kid);
    return key && key.expiresAt > now() ? key.publicKey : undefined;
  };

  return {
    load,
    start() {
      timer ??= setInterval(reload, times.reloadIntervalSeconds * 1000).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await next?.catch(() => {});
      await running.catch(() => {});
    },
    async signingKey() {
      if (!signing()) await load();
      const { kid, privateKey } = signing() ?? {};
      if (!kid || !privateKey)
        throw new Error(
          "There is no key to sign with, right after making one.",
        );
      return { kid, privateKey };
    },
    jwks() {
      const time = now();
      return {
        keys: keys
          .filter(({ expiresAt }) => expiresAt > time)
          .map(({ publicJwk }) => publicJwk),
      };
    },
    jwksMaxAgeSeconds: Math.floor(Math.min(300, times.publishAheadSeconds / 4)),
    async findPublicKey(kid) {
      const key = known(kid);
      if (key || !/^[\w-]{43}$/.test(kid)) return key;
      await load();
      return known(kid);
    },
    now,
    tokenLifetimeSeconds: times.tokenLifetimeSeconds,
  };
}

const timesOf = ({ signsFrom, expiresAt }: StoredKey) => ({
  signsFrom: signsFrom.getTime(),
  expiresAt: expiresAt.getTime(),
});

/** Warns at the start of keys that another KEY_ENCRYPTION_KEY encrypts, and says what follows. */
function warnAboutOtherEncryptionKeys(
  stored: readonly StoredKey[],
  id: string,
): void {
  const ids = new Set(stored.map(({ encryptionKeyId }) => encryptionKeyId));
  ids.delete(id);
  if (ids.size === 0) return;
  logger.warn(
    `signing keys in the database are encrypted with the KEY_ENCRYPTION_KEY whose id is ${[...ids].join(" or ")}, and this program was given the one whose id is ${id}: it signs with keys of its own, and tokens signed by the others stay valid until they expire. To go on with the others, set the former KEY_ENCRYPTION_KEY again: \`pulumi config set --secret --path 'marquee:secrets.auth.KEY_ENCRYPTION_KEY'\`.`,
  );
}
