import { wholeNumber } from "./whole-number.ts";

/** A variable with the number of proxies that each request passes, and that write X-Forwarded-For. @default 0 */
export const trustedProxies = wholeNumber(0, 5).default(0);
