import { freePort } from "../free-port.ts";
import { start } from "../program.ts";
import { until } from "../until.ts";
import { keyEncryptionKey, operatorKey } from "./service.ts";

export const paymentProgram = "services/payment/server.ts";

/** Valid variables, with a database that does not exist. */
export const paymentEnvironment = {
  PORT: "18998",
  DATABASE_URL: "postgres://payment:secret@127.0.0.1:1/payment",
  ISSUER: "https://auth.example.com",
  KEY_ENCRYPTION_KEY: keyEncryptionKey,
  OPERATOR_KEY: operatorKey,
};

/** Starts the payment program, and waits until it is ready. */
export async function startedPayment(
  variables: Partial<typeof paymentEnvironment> & Record<string, string>,
) {
  const port = `${await freePort()}`;
  const env = { ...paymentEnvironment, PORT: port, ...variables };
  const program = await start(paymentProgram, {}, env);
  const ready = async () =>
    (await fetch(`${program.url}/readyz`)).status === 200;
  await until(ready, () => "payment to become ready");
  return program;
}
