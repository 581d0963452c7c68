import assert from "node:assert/strict";
import { inspect } from "node:util";
import { HTTPException } from "hono/http-exception";
import { asHttpError } from "../../../packages/service-kit/index.ts";

/** Asserts that a service responds to the error with this status, and returns the response's headers. */
export function headersOfHttpError(error: Error, status: number): Headers {
  const http = asHttpError(error);
  assert.ok(http instanceof HTTPException, inspect(error));
  assert.equal(http.status, status);
  assert.equal(http.message, error.message);
  return http.getResponse().headers;
}
