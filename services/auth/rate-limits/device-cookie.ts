import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { deriveKey } from "@marquee/service-kit";
import { emailKey } from "../email-address.ts";

/** A device stays known for 400 days after its last login, the maximum age of a cookie in browsers (RFC 6265bis). */
export const deviceCookieLifetimeSeconds = 400 * 24 * 60 * 60;

const nonceBytes = 16;
const timeBytes = 6;
const macBytes = 32;

/** Recognizes devices that have logged in to an account before (OWASP's "device cookies"). Stateless. */
export interface DeviceCookies {
  /** A new cookie value for a device that has just logged in to this account. */
  issue(email: string): string;
  /** The device's id if the cookie was issued for this account and has not expired. */
  recognise(cookie: string | undefined, email: string): string | undefined;
}

/**
 * A cookie consists of 16 random bytes, the time of issue (6 bytes, seconds) and an HMAC-SHA-256 over both and the
 * account, encoded as 72 characters of base64url. It does not reveal the account.
 * @param secret the value of KEY_ENCRYPTION_KEY. After a change, devices are unknown until their next login
 * @throws Error if the secret is too short
 */
export function createDeviceCookies(secret: string): DeviceCookies {
  const key = deriveKey(secret, "marquee auth: device cookies");
  const mac = (device: Buffer, email: string) =>
    createHmac("sha256", key).update(device).update(emailKey(email)).digest();

  return {
    issue(email) {
      const device = Buffer.alloc(nonceBytes + timeBytes);
      randomBytes(nonceBytes).copy(device);
      device.writeUIntBE(nowSeconds(), nonceBytes, timeBytes);
      return Buffer.concat([device, mac(device, email)]).toString("base64url");
    },
    recognise(cookie, email) {
      if (!cookie || !/^[\w-]{72}$/.test(cookie)) return undefined;
      const bytes = Buffer.from(cookie, "base64url");
      const device = bytes.subarray(0, -macBytes);
      if (!timingSafeEqual(bytes.subarray(-macBytes), mac(device, email)))
        return undefined;
      const issued = device.readUIntBE(nonceBytes, timeBytes);
      if (issued + deviceCookieLifetimeSeconds < nowSeconds()) return undefined;
      return device.toString("base64url", 0, nonceBytes);
    },
  };
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
