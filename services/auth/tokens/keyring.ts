import { setTimeout as sleep } from "node:timers/promises";
import { type Database, logger, type Queries } from "@marquee/service-kit";
import type { CryptoKey } from "jose";
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
  type PublicJwk,
  readKeys,
  type SigningKey,
  type StoredKey,
  storeNewKey,
} from "./signing-key.ts";

export type { KeyRotationTimes as KeyringTimes };

export interface KeyringOptions extends Partial<KeyRotationTimes> {
  /** The value of KEY_ENCRYPTION_KEY: at least 32 characters. */
  keyEncryptionKey: string;
}

/** The keys that sign and verify access tokens, shared by all replicas. */
export interface Keyring {
  /**
   * Reads the keys and creates a new one if due. Must be called before anything else.
   * @throws DatabaseUnavailableError
   */
  load(): Promise<void>;
  /** Reloads periodically until `stop`. Failures are logged and retried. */
  start(): void;
  stop(): Promise<void>;
  /** The current signing key. @throws DatabaseUnavailableError if no key exists yet and the database is unavailable */
  signingKey(): Promise<{ kid: string; privateKey: CryptoKey }>;
  /** The JWK Set (RFC 7517) with the public keys of all tokens that may be valid, now or later. */
  jwks(): { keys: PublicJwk[] };
  /** How long caches may keep the JWKS. */
  jwksMaxAgeSeconds: number;
  /**
   * The public key with this id, if its tokens may be valid. An unknown id causes a reload, because another replica may
   * have just created the key; reloads are limited to a few per second.
   * @throws DatabaseUnavailableError
   */
  findPublicKey(kid: string): Promise<CryptoKey | undefined>;
  /** The database server's time, in milliseconds since 1970. */
  now(): number;
  tokenLifetimeSeconds: number;
}
const minReadIntervalMs = 250;

/**
 * Signing keys that rotate on schedule without invalidating tokens.
 *
 * A key is stored with the time from which it signs and the time when its last token has expired. It is published from
 * the start until then, so replicas need no coordination. A new key is stored `publishAheadSeconds` before it signs,
 * under a lock, by the first replica that finds it due. All times are by the database's clock.
 *
 * Only the very first key, and the first key after a change of KEY_ENCRYPTION_KEY, sign immediately. After such a
 * change the old private keys are unreadable, but their public keys stay published, so their tokens stay valid. During
 * the rollout each replica signs with the newest key it can decrypt and verifies with all keys. Only in these cases can
 * a token's key be missing from a cached JWKS; verifiers must then fetch it again.
 *
 * To invalidate all tokens at once, for example after a leak: change KEY_ENCRYPTION_KEY, and after the rollout run
 * `DELETE FROM signing_keys`. Each replica notices within `reloadIntervalSeconds`.
 * @throws RangeError if the times are inconsistent
 */
export function createKeyring(
  database: Database,
  { keyEncryptionKey, ...given }: KeyringOptions,
): Keyring {
  const times = { ...defaultKeyRotationTimes, ...given };
  checkTimes(times);
  const encryption = createKeyEncryption(keyEncryptionKey);
  /** Newest first. */
  let keys: SigningKey[] = [];
  let byKid = new Map<string, SigningKey>();
  /** A reading of the database's clock and the simultaneous performance.now(). */
  let clock: { database: number; own: number } | undefined;

  function now(): number {
    if (!clock) throw new Error("The signing keys are not loaded yet.");
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

  /** Cache of opened keys by kid. Times are not cached, because they may change. */
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
        const from = nextKeySignsFrom(current, now(), times); // another replica may have created the key
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
  /** Starts a read after the call; concurrent calls share one. */
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
        "can't reload the signing keys: continuing with those in memory",
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
          "No signing key is usable, although one was just created.",
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

/** Warns at startup about keys that are encrypted with another KEY_ENCRYPTION_KEY. */
function warnAboutOtherEncryptionKeys(
  stored: readonly StoredKey[],
  id: string,
): void {
  const ids = new Set(stored.map(({ encryptionKeyId }) => encryptionKeyId));
  ids.delete(id);
  if (ids.size === 0) return;
  logger.warn(
    `signing keys in the database are encrypted with the KEY_ENCRYPTION_KEY whose id is ${[...ids].join(" or ")}, but this program has the one whose id is ${id}: it signs with new keys, and tokens signed by the existing keys stay valid until they expire. To use the existing keys, restore the previous KEY_ENCRYPTION_KEY: \`pulumi config set --secret --path 'marquee:secrets.auth.KEY_ENCRYPTION_KEY'\`.`,
  );
}
