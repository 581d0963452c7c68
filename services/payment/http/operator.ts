import { timingSafeEqual } from "node:crypto";
import { bearerTokenOf, sha256 } from "@marquee/service-kit";
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/** Checks the Authorization header for the operator key, in constant time. */
function createIsOperator(
  operatorKey: string,
): (authorization: string | undefined) => boolean {
  const expected = sha256(operatorKey);
  return (authorization) => {
    const given = bearerTokenOf(authorization);
    return given !== undefined && timingSafeEqual(sha256(given), expected);
  };
}

/** Requires the operator key as bearer token. Operators are trusted services and administrators, not users. */
export function createOperator(operatorKey: string): MiddlewareHandler {
  const isOperator = createIsOperator(operatorKey);
  return async (c, next) => {
    if (!isOperator(c.req.header("authorization")))
      throw new HTTPException(401, {
        message:
          "This is for operators: send the value of OPERATOR_KEY as Authorization: Bearer ….",
        res: new Response(null, { headers: { "www-authenticate": "Bearer" } }),
      });
    return next();
  };
}

/** Accepts the operator key, or else an access token that `user` accepts. */
export function createUserOrOperator(
  operatorKey: string,
  user: MiddlewareHandler,
): MiddlewareHandler {
  const isOperator = createIsOperator(operatorKey);
  return (c, next) =>
    isOperator(c.req.header("authorization")) ? next() : user(c, next);
}
