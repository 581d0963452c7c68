import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { createSemaphore, type SemaphoreOptions } from "./semaphore.ts";

/** What a hash costs (RFC 9106). */
interface Argon2Parameters {
  /** KiB. */
  memoryKiB: number;
  passes: number;
  parallelism: number;
}

/** OWASP's recommendation (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 thread); some 25 ms. */
const defaultParameters: Argon2Parameters = {
  memoryKiB: 19_456,
  passes: 2,
  parallelism: 1,
};

/**
 * What a hash may cost at most: verifying takes what the hash says, and a hash comes from the database. 64 MiB fit into
 * a pod that has 256 MiB.
 */
const maxParameters: Argon2Parameters = {
  memoryKiB: 65_536,
  passes: 10,
  parallelism: 4,
};

/** Bytes of a new salt and a new hash (RFC 9106, 3.1). */
const saltBytes = 16;
const tagBytes = 32;

interface Hash extends Argon2Parameters {
  salt: Buffer;
  tag: Buffer;
}

export interface PasswordHasherOptions extends Partial<SemaphoreOptions> {
  /**
   * What new hashes cost. Raise them at will: logging in makes an older hash new.
   * @default OWASP's: m=19456, t=2, p=1
   */
  parameters?: Argon2Parameters;
  /**
   * Hashes that run at once; each takes a core, and a thread of libuv's pool. That has 4 (UV_THREADPOOL_SIZE), which
   * files and DNS need as well, also to reach the database: one is left to them.
   * @default the cores that the process may use, 4 at most and fewer than the pool has
   */
  concurrency?: number;
  /** Hashes that wait for their turn at most. @default 32 */
  maxQueue?: number;
  /** Milliseconds that one waits at most. @default 2000 */
  maxWaitMs?: number;
}

/**
 * Hashes passwords with Argon2id, as they are given: callers normalise them. Both throw OverloadedError if too many are
 * at it.
 */
export interface PasswordHasher {
  /** A hash that says how it was made: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  hash(password: string): Promise<string>;
  /**
   * Whether a hash is of this password.
   * @param hash undefined if there is no such user: as much work as for a hash that is made now, and false
   * @throws Error if it is not a hash such as `hash` gives
   */
  verify(hash: string | undefined, password: string): Promise<boolean>;
  /** Whether a hash is weaker than a new one would be. */
  needsRehash(hash: string): boolean;
}

/** @throws RangeError if the parameters are out of what `verify` takes */
export function createPasswordHasher(
  options: PasswordHasherOptions = {},
): PasswordHasher {
  const parameters = options.parameters ?? defaultParameters;
  if (!isAffordable(parameters))
    throw new RangeError(
      `Argon2 can't be used with ${JSON.stringify(parameters)}: memory goes from 8 KiB for each thread to ${maxParameters.memoryKiB} KiB, passes from 1 to ${maxParameters.passes}, parallelism from 1 to ${maxParameters.parallelism}.`,
    );
  const withPermit = createSemaphore({
    concurrency: options.concurrency ?? defaultConcurrency(),
    maxQueue: options.maxQueue ?? 32,
    maxWaitMs: options.maxWaitMs ?? 2_000,
  });
  /** Of no password at all: it is random. It costs what a real one costs. */
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

const within = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** The password's UTF-8 as it is: nothing is trimmed, cut or normalised. */
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

/** Salts from 8 to 64 bytes, hashes from 16 to 64; numbers without leading zeros. */
const phcFormat =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** @throws Error that does not show the hash */
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
  // One way to write each: what is written again is what was read.
  if (!isAffordable(hash) || format(hash) !== text)
    throw new Error(
      `A password's hash in the database can't be used: it is not Argon2id in PHC form with m up to ${maxParameters.memoryKiB}, t up to ${maxParameters.passes} and p up to ${maxParameters.parallelism}.`,
    );
  return hash;
}
