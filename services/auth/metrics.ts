import { Counter, Gauge, type Registry } from "prom-client";
import type { PasswordHasher } from "./passwords/password-hasher.ts";

/** Result of a login. For "limited" and "busy" the password was not checked. */
type LoginOutcome = "ok" | "wrong" | "limited" | "busy";

export interface AuthMetrics {
  countLogin(outcome: LoginOutcome): void;
  countSignUp(): void;
  /** Counts a refresh token that was used a second time. */
  countTokenReuse(): void;
  /** Wraps a hasher to count the hashes in progress. */
  instrumentHasher(hasher: PasswordHasher): PasswordHasher;
}

export function createAuthMetrics(registry: Registry): AuthMetrics {
  const registers = [registry];
  const logins = new Counter({
    name: "auth_logins_total",
    help: "Logins by outcome, through the page and the API",
    labelNames: ["outcome"] as const,
    registers,
  });
  const signUps = new Counter({
    name: "auth_sign_ups_total",
    help: "Accounts created",
    registers,
  });
  const reused = new Counter({
    name: "auth_refresh_tokens_reused_total",
    help: "Refresh tokens used a second time, each of which ended its session",
    registers,
  });
  const hashes = new Gauge({
    name: "auth_password_hashes",
    help: "Password hashes being computed or queued",
    registers,
  });
  // Export zeros from the first scrape, so that the first failure shows as an increase.
  for (const outcome of ["ok", "wrong", "limited", "busy"] as const)
    logins.inc({ outcome }, 0);

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    hashes.inc();
    try {
      return await work();
    } finally {
      hashes.dec();
    }
  }

  return {
    countLogin: (outcome) => logins.inc({ outcome }),
    countSignUp: () => signUps.inc(),
    countTokenReuse: () => reused.inc(),
    instrumentHasher: (hasher) => ({
      ...hasher,
      hash: (password) => counted(() => hasher.hash(password)),
      verify: (hash, password) => counted(() => hasher.verify(hash, password)),
    }),
  };
}
