import type { Queries } from "@marquee/service-kit";
import { EmailTakenError } from "../accounts/accounts.ts";
import { emailKey } from "../email-address.ts";
import { networkOf } from "./client-network.ts";
import type { DeviceCookies } from "./device-cookie.ts";
import { createTokenBuckets, type RateLimit } from "./token-bucket.ts";

/** Too much was tried; nothing was checked. */
export class TooManyAttemptsError extends Error {
  override readonly name = "TooManyAttemptsError";
  /** Seconds after which there is another try. */
  readonly retryAfterSeconds: number;

  constructor(retryAfter: number) {
    super(
      `There were too many attempts. Try again in ${retryAfter === 1 ? "a second" : `${retryAfter} seconds`}.`,
    );
    this.retryAfterSeconds = retryAfter;
  }
}

/** What may be tried how often. `burst` at once, then one `every` so many seconds. */
export const defaultRateLimits = {
  /** Logins to an account from a device that was logged in to it before. */
  knownDevice: { name: "login device", burst: 10, intervalSeconds: 90 },
  /** Logins to an account from one network, from other devices. */
  account: { name: "login account", burst: 10, intervalSeconds: 90 },
  /** Failed logins to an account from anywhere, from other devices: more means that it is being attacked. */
  failedLogins: { name: "login attack", burst: 100, intervalSeconds: 36 },
  /** What `account` has at once for an account that is being attacked. */
  burstUnderAttack: 3,
  /** Logins from one network to any account, from other devices. */
  network: { name: "login network", burst: 300, intervalSeconds: 3 },
  /** Sign-ups from one network. */
  signUp: { name: "sign-up", burst: 100, intervalSeconds: 36 },
  /** Passwords that a user who is logged in is asked for again. */
  password: { name: "password", burst: 10, intervalSeconds: 90 },
};

export interface LoginAttempt {
  email: string;
  /** The client's IP address; undefined if it is unknown. */
  address: string | undefined;
  /** The device cookie, if the client sent one. */
  deviceCookie?: string | undefined;
}

/**
 * Each runs `check` if it may be tried now. The try is counted before, so that tries at the same time can't pass together,
 * and given back if it did not fail: `check` says so by giving something other than undefined or false, or by throwing, since
 * nobody learns from OverloadedError or DatabaseAway whether a password is right.
 *
 * Every function throws TooManyAttemptsError, DatabaseAway, and what `check` throws.
 */
export interface RateLimiter {
  logIn<T>(attempt: LoginAttempt, check: () => Promise<T>): Promise<T>;
  /**
   * Also counts attempts with a taken address (EmailTakenError), which reveal that an account exists. Unlimited if `address`
   * is unknown.
   */
  signUp<T>(address: string | undefined, work: () => Promise<T>): Promise<T>;
  /** For the password of a user who is logged in. */
  checkPassword<T>(userId: string, check: () => Promise<T>): Promise<T>;
}

/**
 * Limits that slow down guessing without letting the guesser lock a user out of an account (OWASP, "Slow Down Online Guessing
 * Attacks with Device Cookies"): a device that was logged in before has its own tries, and no one else's failures touch them.
 * From elsewhere, each network has its own tries for each account, fewer while the account is being attacked.
 *
 * Clients whose address is unknown are in no network: a limit they all shared would let one of them lock out all
 * others.
 *
 * What remains: somebody on a new device behind the very address that the attacker uses (one NAT, one company) waits as the
 * attacker does, 90 s for a try. And who has many networks has some tries on each: 3, then one every 90 s, against an account;
 * passwords that are guessed first are not accepted for that reason. Buckets are full again after a crash of the database.
 */
export function createRateLimiter(
  database: Queries,
  devices: DeviceCookies,
  given: Partial<typeof defaultRateLimits> = {},
): RateLimiter {
  const buckets = createTokenBuckets(database);
  const rules = { ...defaultRateLimits, ...given };

  /** Takes a token of each bucket, or of none. */
  async function takeAll(wanted: Bucket[]): Promise<Bucket[]> {
    const taken: Bucket[] = [];
    for (const bucket of wanted) {
      const result = await buckets.take(...bucket);
      if (!result.allowed) {
        await giveBack(taken);
        throw new TooManyAttemptsError(result.retryAfterSeconds);
      }
      taken.push(bucket);
    }
    return taken;
  }

  async function giveBack(taken: Bucket[]): Promise<void> {
    for (const bucket of taken) await buckets.giveBack(...bucket);
  }

  async function takeLogin({ email, address, deviceCookie }: LoginAttempt) {
    const account = emailKey(email);
    const known = devices.recognise(deviceCookie, email);
    if (known) return takeAll([[rules.knownDevice, [account, known]]]);
    const network = networkOf(address);
    const attack: Bucket = [rules.failedLogins, [account]];
    const counted = await buckets.take(...attack);
    const burst = counted.allowed
      ? rules.account.burst
      : rules.burstUnderAttack;
    const others: Bucket[] = [
      [{ ...rules.account, burst }, [account, network]],
    ];
    if (address !== undefined) others.push([rules.network, [network]]);
    if (!counted.allowed) return takeAll(others);
    try {
      return [attack, ...(await takeAll(others))];
    } catch (error) {
      // What was not tried is no failure: who is refused can't keep the account under attack.
      await giveBack([attack]);
      throw error;
    }
  }

  async function run<T>(
    taken: Bucket[],
    check: () => Promise<T>,
    counts: AttemptCounting,
  ): Promise<T> {
    let result: T;
    try {
      result = await check();
    } catch (error) {
      // The first error is the one that tells.
      if (!counts.threw(error)) await giveBack(taken).catch(() => {});
      throw error;
    }
    if (!counts.failed(result)) await giveBack(taken);
    return result;
  }

  const passwords: AttemptCounting = {
    failed: (result) => result === undefined || result === false,
    threw: () => false,
  };
  const signUps: AttemptCounting = {
    failed: () => true,
    threw: (error) => error instanceof EmailTakenError,
  };

  return {
    async logIn(attempt, check) {
      return run(await takeLogin(attempt), check, passwords);
    },
    async signUp(address, work) {
      const buckets: Bucket[] =
        address === undefined ? [] : [[rules.signUp, [networkOf(address)]]];
      return run(await takeAll(buckets), work, signUps);
    },
    async checkPassword(userId, check) {
      const bucket: Bucket = [rules.password, [userId]];
      return run(await takeAll([bucket]), check, passwords);
    },
  };
}

/** What counts as a try that is not given back. */
interface AttemptCounting {
  failed(result: unknown): boolean;
  threw(error: unknown): boolean;
}

type Bucket = [limit: RateLimit, key: readonly string[]];
