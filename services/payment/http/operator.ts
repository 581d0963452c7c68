import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { sha256 } from "../secrets.ts";

/** The scheme's name is case-insensitive: RFC 9110, 11.1. */
const credentials = (authorization = "") =>
  /^bearer +(.+)$/i.exec(authorization.trim())?.[1];

/** Whether a request has the operators' key. */
export function createIsOperator(
  operatorKey: string,
): (authorization: string | undefined) => boolean {
  const expected = sha256(operatorKey);
  return (authorization) => {
    const given = credentials(authorization);
    return given !== undefined && timingSafeEqual(sha256(given), expected);
  };
}

/** Lets through who sends the operators' key: `Authorization: Bearer …`. 401 for others. */
export function createOperator(operatorKey: string): MiddlewareHandler {
  const isOperator = createIsOperator(operatorKey);
  return async (c, next) => {
    if (!isOperator(c.req.header("authorization")))
      throw new HTTPException(401, {
        message:
          "This is for operators: send what OPERATOR_KEY holds, as Authorization: Bearer ….",
        res: new Response(null, { headers: { "www-authenticate": "Bearer" } }),
      });
    return next();
  };
}

/** Lets through operators and, by `user`, who sends an access token. */
export function createUserOrOperator(
  operatorKey: string,
  user: MiddlewareHandler,
): MiddlewareHandler {
  const isOperator = createIsOperator(operatorKey);
  return (c, next) =>
    isOperator(c.req.header("authorization")) ? next() : user(c, next);
}
