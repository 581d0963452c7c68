import { freePort } from "../free-port.ts";
import { start } from "../program.ts";
import { until } from "../until.ts";
import { playbackKey } from "./service.ts";

export const streamingProgram = "services/streaming/server.ts";

/** Minimal environment of the program; nothing listens at these addresses. */
export const streamingEnvironment = {
  PORT: "18997",
  DATABASE_URL: "postgres://streaming:secret@127.0.0.1:1/streaming",
  ISSUER: "https://auth.example.com",
  AUTH_URL: "http://127.0.0.1:1",
  PAYMENT_URL: "http://127.0.0.1:1",
  PLAYBACK_KEY: playbackKey,
};

/** Starts streaming and waits until it is ready. */
export async function startedStreaming(
  variables: Partial<typeof streamingEnvironment> & Record<string, string>,
) {
  const port = `${await freePort()}`;
  const env = { ...streamingEnvironment, PORT: port, ...variables };
  const program = await start(streamingProgram, {}, env);
  const ready = async () =>
    (await fetch(`${program.url}/readyz`)).status === 200;
  await until(ready, () => "streaming to become ready");
  return program;
}
