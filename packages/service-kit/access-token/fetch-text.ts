export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchTextOptions {
  fetch: Fetch;
  /** Seconds until the last byte. */
  timeout: number;
  /** Bytes of the answer at most. */
  sizeLimit: number;
  /** Media types. */
  accept: string;
}

/** An answer's status is not 200. */
export class UnexpectedStatus extends Error {
  override readonly name = "UnexpectedStatus";
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} answered ${status}`);
    this.status = status;
  }
}

/**
 * Fetches a text from auth.
 * @throws UnexpectedStatus; Error that says what is wrong with the answer
 */
export async function fetchText(
  url: string,
  { fetch, timeout, sizeLimit, accept }: FetchTextOptions,
): Promise<{ text: string; headers: Headers }> {
  const signal = AbortSignal.timeout(timeout * 1000);
  try {
    const response = await fetch(url, {
      signal,
      redirect: "manual", // only the configured URL is trusted
      headers: { accept },
    });
    const { status, headers } = response;
    if (status !== 200) {
      await response.body?.cancel();
      throw new UnexpectedStatus(url, status);
    }
    return { text: await textOf(response, url, sizeLimit), headers };
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Error(`${url} did not answer within ${timeout} s`, { cause });
  }
}

async function textOf(
  response: Response,
  url: string,
  sizeLimit: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop ends the transfer.
    if (size > sizeLimit)
      throw new Error(`${url} answered more than ${sizeLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** undefined for what is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
