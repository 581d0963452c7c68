import assert from "node:assert/strict";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  errors?: { pointer: string; detail: string }[];
}

/** Asserts that a response is a problem with this status, in its status line and its body, and returns the body. */
export async function problemOf(
  response: Response,
  status: number,
): Promise<Problem> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(
    response.headers.get("content-type"),
    "application/problem+json",
  );
  const body = JSON.parse(text) as Problem;
  assert.equal(body.status, status);
  return body;
}
