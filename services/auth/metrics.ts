import { Counter, Gauge, type Registry } from "prom-client"; // Prometheus' own format and conventions
import type { PasswordHasher } from "./passwords/password-hasher.ts";

/** How a login ended: limited and busy are those that were not checked. */
export type LoginOutcome = "ok" | "wrong" | "limited" | "busy";

export interface AuthMetrics {
  countLogin(outcome: LoginOutcome): void;
  countSignUp(): void;
  /** A used refresh token was used again. */
  countTokenReuse(): void;
  /** The hasher, with its hashes counted. */
  instrumentHasher(hasher: PasswordHasher): PasswordHasher;
}

export function createAuthMetrics(registry: Registry): AuthMetrics {
  const registers = [registry];
  const logins = new Counter({
    name: "auth_logins_total",
    help: "Logins by outcome, in the page and by the API",
    labelNames: ["outcome"] as const,
    registers,
  });
  const signUps = new Counter({
    name: "auth_sign_ups_total",
    help: "Accounts that were made",
    registers,
  });
  const reused = new Counter({
    name: "auth_refresh_tokens_reused_total",
    help: "Used refresh tokens that were used again, each of which ended its session",
    registers,
  });
  const hashes = new Gauge({
    name: "auth_password_hashes",
    help: "Password hashes that are computed or wait for their turn",
    registers,
  });
  // From the first scrape on, so that the first failure is an increase.
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
