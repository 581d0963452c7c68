import type { ServiceEnv } from "@marquee/service-kit";
import type { Accounts, User } from "../accounts/accounts.ts";
import type { AuthMetrics } from "../metrics.ts";
import { OverloadedError } from "../passwords/semaphore.ts";
import type { Login } from "../sessions/find-session.ts";
import { type RateLimiter, TooManyAttemptsError } from "./rate-limiter.ts";

/** The client that makes a request. */
export interface Caller {
  /** The client's IP address. */
  address: string | undefined;
  /** The device cookie, if the client sent one. */
  deviceCookie?: string | undefined;
  /** The request's logger. User ids are logged; email addresses, passwords and tokens never are. */
  log: ServiceEnv["Variables"]["log"];
}

/**
 * The operations of `Accounts` that check a password, with rate limits, metrics and logs. The pages and the API both
 * use it. Every function throws TooManyAttemptsError, OverloadedError and DatabaseUnavailableError.
 */
export interface RateLimitedAccounts {
  /** @throws ValidationError @throws EmailTakenError */
  signUp(caller: Caller, email: string, password: string): Promise<User>;
  /** @returns undefined if no account has these credentials */
  logIn(
    caller: Caller,
    email: string,
    password: string,
  ): Promise<User | undefined>;
  /** @returns false if `current` is not the password @throws ValidationError */
  changePassword(
    caller: Caller,
    login: Login,
    current: string,
    next: string,
  ): Promise<boolean>;
  /** @returns false if the password is wrong */
  deleteAccount(caller: Caller, user: User, password: string): Promise<boolean>;
}

export interface RateLimitedAccountsOptions {
  accounts: Accounts;
  rateLimiter: RateLimiter;
  metrics: AuthMetrics;
}

export function createRateLimitedAccounts({
  accounts,
  rateLimiter,
  metrics,
}: RateLimitedAccountsOptions): RateLimitedAccounts {
  return {
    async signUp({ address, log }, email, password) {
      const user = await rateLimiter.signUp(address, () =>
        accounts.signUp(email, password),
      );
      metrics.countSignUp();
      log.info({ userId: user.id }, "sign-up");
      return user;
    },

    async logIn({ address, deviceCookie, log }, email, password) {
      try {
        const user = await rateLimiter.logIn(
          { email, address, deviceCookie },
          () => accounts.verifyLogin(email, password),
        );
        metrics.countLogin(user ? "ok" : "wrong");
        if (user) log.info({ userId: user.id }, "login");
        else log.info("login failed: unknown account or wrong password");
        return user;
      } catch (error) {
        const limited = error instanceof TooManyAttemptsError;
        if (limited) log.warn("login rejected: too many attempts");
        if (limited || error instanceof OverloadedError)
          metrics.countLogin(limited ? "limited" : "busy");
        throw error;
      }
    },

    async changePassword({ log }, { user, session }, current, next) {
      const userId = user.id;
      const changed = await rateLimiter.checkPassword(userId, () =>
        accounts.changePassword({
          userId,
          sessionId: session.id,
          current,
          next,
        }),
      );
      log.info({ userId }, changed ? "password changed" : wrongPasswordMessage);
      return changed;
    },

    async deleteAccount({ log }, { id: userId }, password) {
      const deleted = await rateLimiter.checkPassword(userId, () =>
        accounts.deleteAccount(userId, password),
      );
      log.info({ userId }, deleted ? "account deleted" : wrongPasswordMessage);
      return deleted;
    },
  };
}

const wrongPasswordMessage = "password confirmation failed";
