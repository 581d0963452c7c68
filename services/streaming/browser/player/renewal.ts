import { backoff, type Playback, renewalDelay } from "./playback.ts";

/** Why there are no more URLs. */
export type Refusal = "membership-ended" | "signed-out";

export interface RenewalOptions {
  /** POST it: where URLs come from. */
  path: string;
  first: Playback;
  /** Called once, when the last URLs have expired and there are no more. */
  refused(why: Refusal): void;
  /** @default the browser's */
  fetch?: typeof fetch;
}

export interface Renewal {
  /** The newest URLs. */
  latest(): Playback;
  /** Whether they have expired, as far as one can tell. */
  expired(): boolean;
  /** Asks for new ones now, because the ones there are don't work: false if there are none. */
  renew(): Promise<boolean>;
}

/**
 * Keeps a title's URLs good, for as long as the page is open. A server that doesn't answer, or not with URLs, is asked again
 * and again: what plays, plays on. A server that refuses is believed, but not before the URLs have expired.
 */
export function createRenewal(options: RenewalOptions): Renewal {
  const { path, refused, fetch = globalThis.fetch.bind(globalThis) } = options;
  let latest = options.first;
  /** Milliseconds that the server's clock is ahead of ours. */
  let ahead = 0;
  let failures = 0;
  let refusal: Refusal | undefined;
  let told = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: Promise<boolean> | undefined;

  const now = () => Date.now() + ahead;
  const expiresAt = () => Date.parse(latest.expires_at);

  function schedule(delay: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, delay);
  }

  function tell(): void {
    if (told || !refusal) return;
    told = true;
    clearTimeout(timer);
    refused(refusal);
  }

  async function ask(): Promise<boolean> {
    let answer: Playback | Refusal | undefined;
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(10_000),
      });
      const date = Date.parse(response.headers.get("date") ?? "");
      if (!Number.isNaN(date)) ahead = date - Date.now();
      answer = await read(response);
    } catch {
      // Nobody answered, or not in time.
    }
    if (typeof answer === "object") {
      latest = answer;
      failures = 0;
      schedule(renewalDelay(expiresAt(), now()), renew);
      return true;
    }
    if (answer) {
      refusal = answer;
      schedule(Math.max(0, expiresAt() - now()), tell);
    } else schedule(backoff(failures++), renew);
    return false;
  }

  async function renew(): Promise<boolean> {
    if (refusal) {
      tell();
      return false;
    }
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  const left = renewalDelay(expiresAt(), now());
  schedule(expiresAt() <= now() ? 0 : left, renew);
  return {
    latest: () => latest,
    expired: () => expiresAt() <= now(),
    renew,
  };
}

/** @returns undefined if it says nothing of use */
async function read(
  response: Response,
): Promise<Playback | Refusal | undefined> {
  if (response.status === 401) return "signed-out";
  if (response.status !== 200 && response.status !== 403) return undefined;
  const body = await response.json();
  if (response.ok)
    return typeof body.url === "string" &&
      typeof body.hls === "string" &&
      !Number.isNaN(Date.parse(body.expires_at))
      ? body
      : undefined;
  return body.entitled === false ? "membership-ended" : undefined;
}
