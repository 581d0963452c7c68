import { backoff } from "./playback.ts";

/** Timeout of a report. */
const timeoutMs = 10_000;

/** Reports of the viewer's position. */
export interface Reports {
  /** Sends a position in seconds, unless the server has it: now, or after the report in flight. */
  add(position: number): void;
  /** Sends an unsaved position without waiting for the report in flight, because the page is being left. */
  flush(): void;
}

/**
 * Sends positions to the server one at a time, always the newest: concurrent requests could arrive in any order.
 * Network errors and 5xx are retried until a newer position replaces the report. After a 4xx, nothing is sent until
 * there is a new position or the page is left.
 * @param path URL to PUT { position } to
 * @param saved position that the server has already. @default none
 */
export function createReports(
  path: string,
  saved?: number,
  fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
): Reports {
  let newest = saved;
  let sending: { position: number; abort: AbortController } | undefined;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(retry);
    retry = undefined;
    if (newest === undefined || newest === saved) return;
    const report = { position: newest, abort: new AbortController() };
    sending = report;
    saved = undefined; // unknown until the response arrives
    const late = setTimeout(() => report.abort.abort(), timeoutMs);
    let status = 0; // network error or timeout
    try {
      const response = await fetch(path, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ position: report.position }),
        keepalive: true, // completes even if the page is left
        signal: report.abort.signal,
      });
      status = response.status;
    } catch {
      // Handled like a 5xx.
    }
    clearTimeout(late);
    if (sending !== report) return; // replaced by a newer report in flush()
    sending = undefined;
    if (status >= 200 && status < 300) {
      saved = report.position;
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
