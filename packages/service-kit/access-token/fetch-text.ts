export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchTextOptions {
  fetch: Fetch;
  /** Until the last byte. */
  timeoutSeconds: number;
  maxBytes: number;
  /** Media types. */
  accept: string;
}

/** The response's status is not 200. */
export class UnexpectedStatusError extends Error {
  override readonly name = "UnexpectedStatusError";
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} responded with ${status}`);
    this.status = status;
  }
}

/**
 * Fetches a text from auth.
 * @throws UnexpectedStatusError; Error that says what is wrong with the response
 */
export async function fetchText(
  url: string,
  { fetch, timeoutSeconds, maxBytes, accept }: FetchTextOptions,
): Promise<{ text: string; headers: Headers }> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(url, {
      signal,
      redirect: "manual", // only the configured URL is trusted
      headers: { accept },
    });
    const { status, headers } = response;
    if (status !== 200) {
      await response.body?.cancel();
      throw new UnexpectedStatusError(url, status);
    }
    return { text: await textOf(response, url, maxBytes), headers };
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Error(`${url} did not answer within ${timeoutSeconds} s`, {
      cause,
    });
  }
}

async function textOf(
  response: Response,
  url: string,
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the transfer.
    if (size > maxBytes)
      throw new Error(`${url} sent more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
