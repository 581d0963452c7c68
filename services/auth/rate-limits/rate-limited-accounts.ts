import type { ServiceEnv } from "@marquee/service-kit";
import type { Accounts, User } from "../accounts/accounts.ts";
import type { AuthMetrics } from "../metrics.ts";
import { OverloadedError } from "../passwords/semaphore.ts";
import type { Login } from "../sessions/find-session.ts";
import { type RateLimiter, TooManyAttemptsError } from "./rate-limiter.ts";

/** Who tries something. */
export interface Caller {
  /** The client's IP address. */
  address: string | undefined;
  /** Its device cookie, if it sent one. */
  deviceCookie?: string | undefined;
  /** Where it is logged: who, never an email address, a password or a token. */
  log: ServiceEnv["Variables"]["log"];
}

/**
 * What takes a password: as `Accounts` does it, within the limits, counted and logged, for the page and the API alike.
 * Every function throws TooManyAttemptsError, OverloadedError and DatabaseAway.
 */
export interface RateLimitedAccounts {
  /** @throws ValidationError @throws EmailTakenError */
  signUp(caller: Caller, email: string, password: string): Promise<User>;
  /** undefined if there is no such account, or this is not its password. */
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
  /** @returns false if this is not the password */
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
        else log.info("login failed: no such account and password");
        return user;
      } catch (error) {
        const limited = error instanceof TooManyAttemptsError;
        if (limited) log.warn("login refused: too many attempts");
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

const wrongPasswordMessage = "the password that was asked for again was wrong";
