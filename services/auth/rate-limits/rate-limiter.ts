import type { Queries } from "@marquee/service-kit";
import { EmailTakenError } from "../accounts/accounts.ts";
import { emailKey } from "../email-address.ts";
import { networkOf } from "./client-network.ts";
import type { DeviceCookies } from "./device-cookie.ts";
import { createTokenBuckets, type RateLimit } from "./token-bucket.ts";

/** A rate limit is exceeded. The password was not checked. */
export class TooManyAttemptsError extends Error {
  override readonly name = "TooManyAttemptsError";
  /** Seconds until the next attempt is allowed. */
  readonly retryAfterSeconds: number;

  constructor(retryAfter: number) {
    super(
      `There were too many attempts. Try again in ${retryAfter === 1 ? "a second" : `${retryAfter} seconds`}.`,
    );
    this.retryAfterSeconds = retryAfter;
  }
}

/** Each limit allows `burst` attempts at once, then one per `intervalSeconds`. `name` is part of the bucket's key. */
export const defaultRateLimits = {
  /** Logins to an account from a device with a device cookie for it. */
  knownDevice: { name: "login device", burst: 10, intervalSeconds: 90 },
  /** Logins to an account from unknown devices, per network. */
  account: { name: "login account", burst: 10, intervalSeconds: 90 },
  /** Failed logins to an account from unknown devices anywhere. Above this, the account is considered under attack. */
  failedLogins: { name: "login attack", burst: 100, intervalSeconds: 36 },
  /** Replaces the burst of `account` while the account is under attack. */
  burstUnderAttack: 3,
  /** Logins from unknown devices to any account, per network. */
  network: { name: "login network", burst: 300, intervalSeconds: 3 },
  /** Sign-ups per network. */
  signUp: { name: "sign-up", burst: 100, intervalSeconds: 36 },
  /** Password confirmations per signed-in user. */
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
 * Runs `check` if the rate limits allow it. A token is taken before, so that concurrent attempts can't exceed the
 * limit, and given back unless the check failed, which it reports by returning undefined or false. An error thrown by
 * `check` gives the token back as well: OverloadedError or DatabaseUnavailableError reveal nothing about the password.
 *
 * Every function throws TooManyAttemptsError, DatabaseUnavailableError, and what `check` throws.
 */
export interface RateLimiter {
  logIn<T>(attempt: LoginAttempt, check: () => Promise<T>): Promise<T>;
  /**
   * Also counts attempts with a taken address (EmailTakenError), which reveal that an account exists. Unlimited if
   * `address` is unknown.
   */
  signUp<T>(address: string | undefined, work: () => Promise<T>): Promise<T>;
  /** Limits password confirmations of a signed-in user. */
  checkPassword<T>(userId: string, check: () => Promise<T>): Promise<T>;
}

/**
 * Slows down password guessing without letting the attacker lock the user out (OWASP, "Slow Down Online Guessing
 * Attacks with Device Cookies"). A known device has its own limit, which failures elsewhere don't affect. Unknown
 * devices are limited per network and account, more strictly while the account is under attack.
 *
 * No limit per network applies to clients of unknown address: it would be shared, so that one client could lock out all
 * others.
 *
 * Known limitations: a user on a new device behind the attacker's address (the same NAT) waits as long as the attacker,
 * 90 s per attempt. An attacker with many networks gets 3 attempts and then one per 90 s from each; common passwords
 * are rejected for that reason. A crash of the database refills all buckets.
 */
export function createRateLimiter(
  database: Queries,
  devices: DeviceCookies,
  given: Partial<typeof defaultRateLimits> = {},
): RateLimiter {
  const buckets = createTokenBuckets(database);
  const rules = { ...defaultRateLimits, ...given };

  /** Takes a token from every bucket, or from none. */
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
      // A rejected attempt is not a failed login: it must not keep the account under attack.
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
      // Report the error of `check`, not one of giving the tokens back.
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

/** Decides which attempts use up their tokens. */
interface AttemptCounting {
  failed(result: unknown): boolean;
  threw(error: unknown): boolean;
}

type Bucket = [limit: RateLimit, key: readonly string[]];
