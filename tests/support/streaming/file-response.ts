import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Sends a request with exactly these headers; `method` sets the method. */
export async function ask(
  url: string,
  { method = "GET", ...headers }: Record<string, string> = {},
): Promise<Answer> {
  const sent = request(url, { method, headers, agent }).end();
  const [response] = await once(sent, "response");
  const body = await buffer(response);
  return { status: response.statusCode, headers: response.headers, body };
}

/** Summarizes an answer, such as `206 0-9+200-209`, and asserts that its bytes and headers match the file. */
export function summary(
  { status, headers, body }: Answer,
  file: Buffer,
  method = "GET",
): string {
  const { "content-range": range, "content-length": length } = headers;
  const isSlice = (bytes: Buffer, range: string) => {
    const [, start, end] = /^bytes (\d+)-(\d+)\/300000$/.exec(range) ?? [];
    assert.ok(
      bytes.equals(file.subarray(Number(start), Number(end) + 1)),
      `the bytes are not those of ${range}`,
    );
    return `${start}-${end}`;
  };
  if (method === "HEAD") {
    assert.equal(body.length, 0);
    return status === 200
      ? `200 ${length}`
      : `${status}${range ? ` ${range}` : ""}`;
  }
  if (status === 304) assert.equal(body.length, 0);
  else assert.equal(length, `${body.length}`);
  if (status === 200) {
    assert.ok(body.equals(file), "the bytes are not those of the whole file");
    assert.equal(range, undefined);
    return "200 whole";
  }
  if (status === 416) return `416 ${range?.replace("bytes ", "")}`;
  if (status !== 206) return `${status}`;
  if (range) return `206 ${isSlice(body, range)}`;
  const parts = partsOf(headers["content-type"] ?? "", body);
  return `206 ${parts.map(({ range, bytes }) => isSlice(bytes, range)).join("+")}`;
}

/** The parts of a multipart/byteranges body, parsed per RFC 2046. */
function partsOf(type: string, body: Buffer) {
  const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(type)?.[1];
  assert.ok(boundary, `no boundary in ${type}`);
  // The line break before a delimiter belongs to it; the first delimiter may start the body without one.
  const text = `\r\n${body.toString("latin1").replace(/^\r\n/, "")}`;
  const [preamble, ...rest] = text.split(`\r\n--${boundary}`);
  assert.equal(preamble, "");
  assert.equal(rest.pop(), "--\r\n");
  return rest.map((part) => {
    const split = part.indexOf("\r\n\r\n");
    const head = part.slice(0, split);
    assert.match(
      head,
      /^\r\ncontent-type: video\/mp4\r\ncontent-range: [^\r\n]+$/i,
    );
    return {
      range: /content-range: (.*)$/i.exec(head)?.[1] as string,
      bytes: Buffer.from(part.slice(split + 4), "latin1"),
    };
  });
}
