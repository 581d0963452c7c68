import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { createTurns, type TurnOptions } from "./semaphore.ts";

/** What a hash costs (RFC 9106). */
export interface HashParameters {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

/** OWASP's recommendation (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 thread); some 25 ms. */
const recommended: HashParameters = {
  memory: 19_456,
  passes: 2,
  parallelism: 1,
};

/**
 * What a hash may cost at most: verifying takes what the hash says, and a hash comes from the database. 64 MiB fit into a
 * pod that has 256 MiB.
 */
const dearest: HashParameters = { memory: 65_536, passes: 10, parallelism: 4 };

/** Bytes of a new salt and a new hash (RFC 9106, 3.1). */
const saltLength = 16;
const tagLength = 32;

interface Hash extends HashParameters {
  salt: Buffer;
  tag: Buffer;
}

export interface HasherOptions extends Partial<TurnOptions> {
  /** What new hashes cost. Raise them at will: logging in makes an older hash new. @default OWASP's: m=19456, t=2, p=1 */
  parameters?: HashParameters;
  /**
   * Hashes that run at once; each takes a core, and a thread of libuv's pool. That has 4 (UV_THREADPOOL_SIZE), which files and
   * DNS need as well, also to reach the database: one is left to them.
   * @default the cores that the process may use, 4 at most and fewer than the pool has
   */
  atOnce?: number;
  /** Hashes that wait for their turn at most. @default 32 */
  waiting?: number;
  /** Milliseconds that one waits at most. @default 2000 */
  patience?: number;
}

/** Hashes passwords with Argon2id, as they are given: callers normalise them. Both throw Busy if too many are at it. */
export interface Hasher {
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
export function createHasher(options: HasherOptions = {}): Hasher {
  const parameters = options.parameters ?? recommended;
  if (!affordable(parameters))
    throw new RangeError(
      `Argon2 can't be used with ${JSON.stringify(parameters)}: memory goes from 8 KiB for each thread to ${dearest.memory} KiB, passes from 1 to ${dearest.passes}, parallelism from 1 to ${dearest.parallelism}.`,
    );
  const inTurn = createTurns({
    atOnce: options.atOnce ?? placesByDefault(),
    waiting: options.waiting ?? 32,
    patience: options.patience ?? 2_000,
  });
  /** Of no password at all: it is random. It costs what a real one costs. */
  const nobodys = format({
    ...parameters,
    salt: randomBytes(saltLength),
    tag: randomBytes(tagLength),
  });

  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = randomBytes(saltLength);
        const tag = await compute(password, { ...parameters, salt }, tagLength);
        return format({ ...parameters, salt, tag });
      }),

    async verify(hash, password) {
      const expected = parse(hash ?? nobodys);
      const { length } = expected.tag;
      const actual = await inTurn(() => compute(password, expected, length));
      return timingSafeEqual(actual, expected.tag) && hash !== undefined;
    },

    needsRehash(hash) {
      const { memory, passes, salt, tag } = parse(hash);
      return (
        memory < parameters.memory ||
        passes < parameters.passes ||
        salt.length < saltLength ||
        tag.length < tagLength
      );
    },
  };
}

function placesByDefault(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || 4;
  return Math.max(1, Math.min(availableParallelism(), 4, threads - 1));
}

const affordable = ({ memory, passes, parallelism }: HashParameters) =>
  within(memory, 8 * parallelism, dearest.memory) &&
  within(passes, 1, dearest.passes) &&
  within(parallelism, 1, dearest.parallelism);

const within = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** The password's UTF-8 as it is: nothing is trimmed, cut or normalised. */
const compute = (
  password: string,
  { memory, passes, parallelism, salt }: Omit<Hash, "tag">,
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
        memory,
        passes,
      },
      (error, tag) => (error ? reject(error) : resolve(tag)),
    );
  });

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");

const format = ({ memory, passes, parallelism, salt, tag }: Hash) =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;

/** Salts from 8 to 64 bytes, hashes from 16 to 64; numbers without leading zeros. */
const phc =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** @throws Error that does not show the hash */
function parse(text: string): Hash {
  const [, memory, passes, parallelism, salt = "", tag = ""] =
    phc.exec(text) ?? [];
  const hash = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
  // One way to write each: what is written again is what was read.
  if (!affordable(hash) || format(hash) !== text)
    throw new Error(
      `A password's hash in the database can't be used: it is not Argon2id in PHC form with m up to ${dearest.memory}, t up to ${dearest.passes} and p up to ${dearest.parallelism}.`,
    );
  return hash;
}
