import { backoff, type Playback, renewalDelay } from "./playback.ts";

/** Why there are no more URLs. */
export type Refusal = "membership-ended" | "signed-out";

export interface RenewalOptions {
  /** POST it: where URLs come from. */
  path: string;
  first: Playback;
  /** Called once, when it becomes known where the viewer is, in seconds, if that was not known at first. */
  placed?(position: number): void;
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
 * and again: what plays, plays on. A server that refuses is asked once more when the URLs have expired, or don't work, and then
 * believed: meanwhile, people subscribe or sign in elsewhere. Where it is not known where the viewer is, it is asked soon.
 */
export function createRenewal(options: RenewalOptions): Renewal {
  const { path, refused, fetch = globalThis.fetch.bind(globalThis) } = options;
  let latest = options.first;
  /** Milliseconds that the server's clock is ahead of ours. */
  let ahead = 0;
  let failures = 0;
  let refusal: Refusal | undefined;
  let told = false;
  /** Answers that did not say where the viewer is, while it is not known. */
  let unplaced = options.first.position === null ? 0 : undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: Promise<boolean> | undefined;

  const now = () => Date.now() + ahead;
  const expiresAt = () => Date.parse(latest.expires_at);

  function schedule(delay: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, delay);
  }

  /** When to ask again after URLs have come. */
  function soon(): number {
    const delay = renewalDelay(expiresAt(), now());
    return unplaced === undefined
      ? delay
      : Math.min(delay, backoff(unplaced++));
  }

  function accept(playback: Playback): void {
    latest = playback;
    failures = 0;
    refusal = undefined;
    const { position } = playback;
    const placed = unplaced !== undefined && position !== null;
    if (placed) unplaced = undefined;
    schedule(soon(), renew);
    if (placed) options.placed?.(position);
  }

  function refuse(why: Refusal): void {
    if (refusal || expiresAt() <= now()) {
      told = true;
      clearTimeout(timer);
      refused(why);
      return;
    }
    refusal = why;
    schedule(expiresAt() - now(), renew);
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
    if (typeof answer === "object") accept(answer);
    else if (answer) refuse(answer);
    else schedule(backoff(failures++), renew);
    return typeof answer === "object";
  }

  async function renew(): Promise<boolean> {
    if (told) return false;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  schedule(expiresAt() <= now() ? 0 : soon(), renew);
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
      ? { ...body, position: placeIn(body.position) }
      : undefined;
  return body.entitled === false ? "membership-ended" : undefined;
}

const placeIn = (position: unknown) =>
  typeof position === "number" && position >= 0 ? position : null;
