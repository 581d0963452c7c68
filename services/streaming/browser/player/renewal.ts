import { backoff, type Playback, renewalDelay } from "./playback.ts";

/** Why the server issues no further URLs. */
export type Refusal = "membership-ended" | "signed-out";

export interface RenewalOptions {
  /** URL to POST to for new playback URLs. */
  path: string;
  first: Playback;
  /** Called once when an initially unknown position becomes known, in seconds. */
  onPositionKnown?(position: number): void;
  /** Called once, when the last URLs have expired and the server refuses new ones. */
  onRefused(why: Refusal): void;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
}

export interface Renewal {
  /** The most recent URLs. */
  latest(): Playback;
  /** Whether they have expired, by the estimated server clock. */
  expired(): boolean;
  /** Requests new URLs now, because the current ones fail. Resolves to false if there are no new ones. */
  renew(): Promise<boolean>;
}

/**
 * Renews a title's signed URLs for as long as the page is open. Failed requests are retried without interrupting
 * playback. A refusal counts only once the URLs have expired or fail: by then the viewer may have subscribed or signed
 * in elsewhere. While the viewer's position is unknown, it is asked for soon.
 */
export function createRenewal(options: RenewalOptions): Renewal {
  const {
    path,
    onRefused,
    fetch = globalThis.fetch.bind(globalThis),
  } = options;
  let latest = options.first;
  /** How far the server's clock is ahead of ours. */
  let clockOffsetMs = 0;
  let failures = 0;
  let refusal: Refusal | undefined;
  let ended = false;
  /** Number of responses without a position while it is unknown; undefined once it is known. */
  let missingPositions = options.first.position === null ? 0 : undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: Promise<boolean> | undefined;

  const now = () => Date.now() + clockOffsetMs;
  const expiresAt = () => Date.parse(latest.expires_at);

  function schedule(delay: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, delay);
  }

  /** Delay until the next request after a successful one. */
  function nextDelay(): number {
    const delay = renewalDelay(expiresAt(), now());
    return missingPositions === undefined
      ? delay
      : Math.min(delay, backoff(missingPositions++));
  }

  function accept(playback: Playback): void {
    latest = playback;
    failures = 0;
    refusal = undefined;
    const { position } = playback;
    const placed = missingPositions !== undefined && position !== null;
    if (placed) missingPositions = undefined;
    schedule(nextDelay(), renew);
    if (placed) options.onPositionKnown?.(position);
  }

  function refuse(why: Refusal): void {
    if (refusal || expiresAt() <= now()) {
      ended = true;
      clearTimeout(timer);
      onRefused(why);
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
      if (!Number.isNaN(date)) clockOffsetMs = date - Date.now();
      answer = await read(response);
    } catch {
      // Network error or timeout: retried below.
    }
    if (typeof answer === "object") accept(answer);
    else if (answer) refuse(answer);
    else schedule(backoff(failures++), renew);
    return typeof answer === "object";
  }

  async function renew(): Promise<boolean> {
    if (ended) return false;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  schedule(expiresAt() <= now() ? 0 : nextDelay(), renew);
  return {
    latest: () => latest,
    expired: () => expiresAt() <= now(),
    renew,
  };
}

/** @returns undefined if the response is unusable */
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
      ? { ...body, position: parsePosition(body.position) }
      : undefined;
  return body.entitled === false ? "membership-ended" : undefined;
}

const parsePosition = (position: unknown) =>
  typeof position === "number" && position >= 0 ? position : null;
