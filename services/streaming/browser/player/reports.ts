import { backoff } from "./playback.ts";

/** Milliseconds that a report may take. */
const patience = 10_000;

/** Reports of where the viewer is. */
export interface Reports {
  /** Sends a place, in seconds, unless the server has it: at once, or when the one that is under way has arrived. */
  add(position: number): void;
  /** Sends what the server does not have yet without waiting for anything: the page goes away. */
  flush(): void;
}

/**
 * Sends places to the server one at a time, and then the newest: sent at once, they would arrive in any order.
 * One that doesn't arrive, or that the server can't keep (5xx), is sent again until a newer one takes its place.
 * What it refuses (4xx) is not sent again until there is something new, or the page goes away.
 * @param path PUT { position } to it
 * @param kept what the server has already. @default nothing
 */
export function createReports(
  path: string,
  kept?: number,
  fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
): Reports {
  let newest = kept;
  let sending: { position: number; abort: AbortController } | undefined;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(retry);
    retry = undefined;
    if (newest === undefined || newest === kept) return;
    const report = { position: newest, abort: new AbortController() };
    sending = report;
    kept = undefined; // until it has answered, nobody knows what the server has
    const late = setTimeout(() => report.abort.abort(), patience);
    let status = 0; // nobody answered, or not in time
    try {
      const response = await fetch(path, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ position: report.position }),
        keepalive: true, // outlives the page
        signal: report.abort.signal,
      });
      status = response.status;
    } catch {
      // As with a 503.
    }
    clearTimeout(late);
    if (sending !== report) return; // a newer one was not to wait for it
    sending = undefined;
    if (status >= 200 && status < 300) {
      kept = report.position;
      failures = 0;
      send();
    } else if (status === 0 || status >= 500)
      retry = setTimeout(send, backoff(failures++));
  }

  return {
    add(position) {
      newest = position;
      if (!sending && retry === undefined) send();
    },
    flush() {
      if (sending && sending.position === newest) return;
      sending?.abort.abort();
      send();
    },
  };
}
