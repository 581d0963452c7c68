import { createSecureContext } from "node:tls";
import * as z from "zod";

/** A variable with certificates of authorities. */
export const certificates = z
  .string()
  .refine(
    isPem,
    "expected certificates as PEM, from -----BEGIN CERTIFICATE----- on",
  );

function isPem(ca: string): boolean {
  try {
    createSecureContext({ ca });
    return ca.includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}
