import assert from "node:assert/strict";
import { authority } from "../../support/components/certificates.ts";
import { useDatabaseProgram } from "../../support/components/database-programs.ts";
import type { Resource } from "../../support/components/engine.ts";
import { pods } from "../../support/components/program.ts";

const secrets = {
  streaming: { S3_ACCESS_KEY_ID: "hunter2", S3_SECRET_ACCESS_KEY: "pa55word" },
};
const media = { bucket: "films", endpoint: "https://minio.example.com:9000" };

/** Each service's variables about a bucket, by service. */
const variables = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(pods(resources)).map(([name, { containers }]) => [
      name,
      containers[0].env.filter(({ name }: { name: string }) =>
        name.startsWith("S3_"),
      ),
    ]),
  );
const usual = [
  { name: "S3_BUCKET", value: "films" },
  { name: "S3_REGION", value: "us-east-1" },
  { name: "S3_ENDPOINT", value: media.endpoint },
];

describe("The program: media.certificateAuthority", () => {
  const { run } = useDatabaseProgram();

  it("passes the certificates only to streaming", async () => {
    const { resources } = await run(
      {},
      { media: { ...media, certificateAuthority: authority }, secrets },
    );
    assert.deepEqual(variables(resources), {
      auth: [],
      payment: [],
      streaming: [...usual, { name: "S3_TLS_CA", value: authority }],
    });
  });

  it("passes no certificates without the key", async () => {
    const { resources } = await run({}, { media, secrets });
    assert.deepEqual(variables(resources), {
      auth: [],
      payment: [],
      streaming: usual,
    });
  });
});
