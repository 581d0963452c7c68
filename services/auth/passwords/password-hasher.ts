import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { createSemaphore, type SemaphoreOptions } from "./semaphore.ts";

/** Cost parameters of Argon2 (RFC 9106). */
interface Argon2Parameters {
  memoryKiB: number;
  passes: number;
  parallelism: number;
}

/** OWASP's recommendation (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 thread). Takes about 25 ms. */
const defaultParameters: Argon2Parameters = {
  memoryKiB: 19_456,
  passes: 2,
  parallelism: 1,
};

/**
 * Maximum cost. Verifying a hash costs what its parameters say, and they come from the database. 64 MiB fit into a pod
 * with a memory limit of 256 MiB.
 */
const maxParameters: Argon2Parameters = {
  memoryKiB: 65_536,
  passes: 10,
  parallelism: 4,
};

/** Lengths for new hashes (RFC 9106, 3.1). */
const saltBytes = 16;
const tagBytes = 32;

interface Hash extends Argon2Parameters {
  salt: Buffer;
  tag: Buffer;
}

export interface PasswordHasherOptions extends Partial<SemaphoreOptions> {
  /**
   * Cost of new hashes. May be raised at any time: a login replaces a weaker hash. @default m=19456, t=2, p=1 (OWASP)
   */
  parameters?: Argon2Parameters;
  /**
   * Maximum number of concurrent hashes. Each uses a core and a thread of libuv's pool, which has 4 threads
   * (UV_THREADPOOL_SIZE). One thread must stay free for files and DNS, which the database connection needs.
   * @default the number of available cores, but at most 4 and less than the size of the pool
   */
  concurrency?: number;
  /** Maximum number of waiting hashes. @default 32 */
  maxQueue?: number;
  /** Maximum time a hash waits. @default 2000 */
  maxWaitMs?: number;
}

/**
 * Hashes passwords with Argon2id. Passwords must be normalized already. `hash` and `verify` throw OverloadedError if
 * too many hashes are waiting.
 */
export interface PasswordHasher {
  /** Returns the hash in PHC format, with its parameters: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  hash(password: string): Promise<string>;
  /**
   * Whether the hash belongs to this password.
   * @param hash undefined if the user doesn't exist: returns false after as much work as for a new hash
   * @throws Error if the hash is malformed or its cost is above the maximum
   */
  verify(hash: string | undefined, password: string): Promise<boolean>;
  /** Whether a hash is weaker than a new one would be. */
  needsRehash(hash: string): boolean;
}

/** @throws RangeError if the parameters are outside the range that `verify` accepts */
export function createPasswordHasher(
  options: PasswordHasherOptions = {},
): PasswordHasher {
  const parameters = options.parameters ?? defaultParameters;
  if (!isAffordable(parameters))
    throw new RangeError(
      `The Argon2 parameters ${JSON.stringify(parameters)} are out of range: memoryKiB must be from 8 per thread to ${maxParameters.memoryKiB}, passes from 1 to ${maxParameters.passes}, parallelism from 1 to ${maxParameters.parallelism}.`,
    );
  const withPermit = createSemaphore({
    concurrency: options.concurrency ?? defaultConcurrency(),
    maxQueue: options.maxQueue ?? 32,
    maxWaitMs: options.maxWaitMs ?? 2_000,
  });
  /** A random hash that matches no password. Verifying against it costs as much as against a real one. */
  const dummyHash = format({
    ...parameters,
    salt: randomBytes(saltBytes),
    tag: randomBytes(tagBytes),
  });

  return {
    hash: (password) =>
      withPermit(async () => {
        const salt = randomBytes(saltBytes);
        const tag = await compute(password, { ...parameters, salt }, tagBytes);
        return format({ ...parameters, salt, tag });
      }),

    async verify(hash, password) {
      const expected = parse(hash ?? dummyHash);
      const { length } = expected.tag;
      const actual = await withPermit(() =>
        compute(password, expected, length),
      );
      return timingSafeEqual(actual, expected.tag) && hash !== undefined;
    },

    needsRehash(hash) {
      const { memoryKiB, passes, salt, tag } = parse(hash);
      return (
        memoryKiB < parameters.memoryKiB ||
        passes < parameters.passes ||
        salt.length < saltBytes ||
        tag.length < tagBytes
      );
    },
  };
}

function defaultConcurrency(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || 4;
  return Math.max(1, Math.min(availableParallelism(), 4, threads - 1));
}

const isAffordable = ({ memoryKiB, passes, parallelism }: Argon2Parameters) =>
  within(memoryKiB, 8 * parallelism, maxParameters.memoryKiB) &&
  within(passes, 1, maxParameters.passes) &&
  within(parallelism, 1, maxParameters.parallelism);

const within = (value: number, min: number, max: number) =>
  Number.isInteger(value) && value >= min && value <= max;

/** Hashes the UTF-8 bytes of the password, without trimming, truncating or normalizing them. */
const compute = (
  password: string,
  { memoryKiB, passes, parallelism, salt }: Omit<Hash, "tag">,
  length: number,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    argon2(
      "argon2id",
      {
        message: Buffer.from(password),
        nonce: salt,
        parallelism,
        tagLength: length,
        memory: memoryKiB,
        passes,
      },
      (error, tag) => (error ? reject(error) : resolve(tag)),
    );
  });

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");

const format = ({ memoryKiB, passes, parallelism, salt, tag }: Hash) =>
  `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;

/** Salts of 8 to 64 bytes, hashes of 16 to 64 bytes, numbers without leading zeros. */
const phcFormat =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** @throws Error whose message doesn't contain the hash */
function parse(text: string): Hash {
  const [, memory, passes, parallelism, salt = "", tag = ""] =
    phcFormat.exec(text) ?? [];
  const hash = {
    memoryKiB: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
  // Accept only the canonical form, which formatting reproduces.
  if (!isAffordable(hash) || format(hash) !== text)
    throw new Error(
      `A password hash in the database is invalid: it must be Argon2id in PHC format, with m up to ${maxParameters.memoryKiB}, t up to ${maxParameters.passes} and p up to ${maxParameters.parallelism}.`,
    );
  return hash;
}
