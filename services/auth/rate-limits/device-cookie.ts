import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { emailKey } from "../email-address.ts";
import { deriveKey } from "../secrets.ts";

/** Seconds that a device stays known after its last login: 400 days, the longest that browsers keep a cookie (RFC 6265bis). */
export const deviceCookieLifetimeSeconds = 400 * 24 * 60 * 60;

const nonceBytes = 16;
const timeBytes = 6;
const macBytes = 32;

/** Which devices have been logged in to an account (OWASP's "device cookies"). Nothing of it is stored here. */
export interface DeviceCookies {
  /** A cookie's value for the device that has just been logged in to this account: always a new one. */
  issue(email: string): string;
  /** The device's name, if a cookie was issued for this very account and is not too old. */
  recognise(cookie: string | undefined, email: string): string | undefined;
}

/**
 * A cookie is 16 random bytes, the time it was issued (6 bytes, seconds) and an HMAC-SHA-256 over both and the account, as
 * 72 characters of base64url: it says nothing about whose it is.
 * @param secret what KEY_ENCRYPTION_KEY holds; with another one, all devices are unknown until their next login
 * @throws Error if the secret is too short
 */
export function createDeviceCookies(secret: string): DeviceCookies {
  const key = deriveKey(secret, "device cookies");
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
