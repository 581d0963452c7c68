import type { ServiceEnv } from "@marquee/service-kit";
import type { Accounts, User } from "../accounts/accounts.ts";
import type { AuthMetrics } from "../metrics.ts";
import { Busy } from "../passwords/semaphore.ts";
import type { Login } from "../sessions/find-session.ts";
import { type Limits, TooManyAttempts } from "./rate-limiter.ts";

/** Who tries something. */
export interface Caller {
  /** The client's IP address. */
  address: string | undefined;
  /** Its device cookie, if it sent one. */
  device?: string | undefined;
  /** Where it is logged: who, never an email address, a password or a token. */
  log: ServiceEnv["Variables"]["log"];
}

/**
 * What takes a password: as `Accounts` does it, within the limits, counted and logged, for the page and the API alike.
 * Every function throws TooManyAttempts, Busy and DatabaseUnavailableError.
 */
export interface Attempts {
  /** @throws Unacceptable @throws EmailTaken */
  signUp(caller: Caller, email: string, password: string): Promise<User>;
  /** undefined if there is no such account, or this is not its password. */
  logIn(
    caller: Caller,
    email: string,
    password: string,
  ): Promise<User | undefined>;
  /** @returns false if `current` is not the password @throws Unacceptable */
  changePassword(
    caller: Caller,
    login: Login,
    current: string,
    next: string,
  ): Promise<boolean>;
  /** @returns false if this is not the password */
  deleteAccount(caller: Caller, user: User, password: string): Promise<boolean>;
}

export interface AttemptsNeed {
  accounts: Accounts;
  limits: Limits;
  metrics: AuthMetrics;
}

export function createAttempts({
  accounts,
  limits,
  metrics,
}: AttemptsNeed): Attempts {
  return {
    async signUp({ address, log }, email, password) {
      const user = await limits.signUp(address, () =>
        accounts.signUp(email, password),
      );
      metrics.signUp();
      log.info({ userId: user.id }, "sign-up");
      return user;
    },

    async logIn({ address, device, log }, email, password) {
      try {
        const user = await limits.logIn({ email, address, device }, () =>
          accounts.verifyLogin(email, password),
        );
        metrics.login(user ? "ok" : "wrong");
        if (user) log.info({ userId: user.id }, "login");
        else log.info("login failed: no such account and password");
        return user;
      } catch (error) {
        const limited = error instanceof TooManyAttempts;
        if (limited) log.warn("login refused: too many attempts");
        if (limited || error instanceof Busy)
          metrics.login(limited ? "limited" : "busy");
        throw error;
      }
    },

    async changePassword({ log }, { user, session }, current, next) {
      const userId = user.id;
      const changed = await limits.checkPassword(userId, () =>
        accounts.changePassword({
          userId,
          sessionId: session.id,
          current,
          next,
        }),
      );
      log.info({ userId }, changed ? "password changed" : wrong);
      return changed;
    },

    async deleteAccount({ log }, { id: userId }, password) {
      const deleted = await limits.checkPassword(userId, () =>
        accounts.deleteAccount(userId, password),
      );
      log.info({ userId }, deleted ? "account deleted" : wrong);
      return deleted;
    },
  };
}

const wrong = "the password that was asked for again was wrong";
