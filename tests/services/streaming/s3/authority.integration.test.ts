import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import {
  mediaVariables,
  openMediaStore,
} from "../../../../services/streaming/media/variables.ts";
import { useFolders } from "../../../support/folders.ts";
import { useS3 } from "../../../support/s3-server.ts";

const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { stdio: "ignore" });
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** Creates an authority's certificate, and a key and a certificate for localhost signed by that authority. */
function authority(folder: string) {
  const at = (name: string) => join(folder, name);
  openssl(
    ...["req", "-x509", ...newKey, "-nodes", "-days", "2"],
    ...["-subj", "/CN=Private authority"],
    ...["-keyout", at("ca-key.pem"), "-out", at("ca.pem")],
  );
  openssl(
    ...["req", ...newKey, "-nodes", "-subj", "/CN=bucket"],
    ...["-keyout", at("key.pem"), "-out", at("request.pem")],
  );
  writeFileSync(at("names"), "subjectAltName=DNS:localhost\n");
  openssl(
    ...["x509", "-req", "-in", at("request.pem"), "-days", "2"],
    ...["-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-CAcreateserial"],
    ...["-extfile", at("names"), "-out", at("cert.pem")],
  );
  return {
    certificate: readFileSync(at("ca.pem"), "utf8"),
    cert: at("cert.pem"),
    key: at("key.pem"),
  };
}

describe("S3 bucket with a private certificate authority", () => {
  const s3 = useS3();
  const folder = useFolders();
  let endpoint: string;
  let certificate: string;

  before(async () => {
    const { cert, key, ...rest } = authority(folder());
    certificate = rest.certificate;
    endpoint = await s3().secure(cert, key);
    await s3().put("a.mp4", Buffer.from("secure"));
  });

  /** Opens the bucket by environment variables, as streaming does. */
  const find = (more: Record<string, string> = {}, at = endpoint) => {
    const { bucket, accessKeyId, secretAccessKey } = s3().options;
    const variables = z.object(mediaVariables).parse({
      S3_BUCKET: bucket,
      S3_ENDPOINT: at,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
      ...more,
    });
    return openMediaStore(variables, "unused").find("a.mp4");
  };

  it("reads a file when S3_TLS_CA is the authority's certificate", async () => {
    const file = await find({ S3_TLS_CA: certificate });
    const { value } = (await file?.read(1, 3).getReader().read()) ?? {};
    assert.equal(Buffer.from(value ?? []).toString(), "ecu");
  });

  it("reads a file when S3_TLS_CA has the authority's certificate among others", async () => {
    const other = authority(folder()).certificate;
    const file = await find({ S3_TLS_CA: `${other}\n${certificate}` });
    assert.equal(file?.size, 6);
  });

  const refused = {
    name: "MediaUnavailableError",
    message:
      /^The bucket "titles" at https:\/\/localhost:\d+ is unavailable: unable to verify the first certificate; if a private authority signed it, set S3_TLS_CA to that authority's certificates\.$/,
  };

  it("fails when S3_TLS_CA is unset, and the error names the variable", () =>
    assert.rejects(find(), refused));

  it("fails when S3_TLS_CA is another authority's certificate", () =>
    assert.rejects(
      find({ S3_TLS_CA: authority(folder()).certificate }),
      refused,
    ));

  it("fails when the certificate is for another host", () =>
    assert.rejects(
      find(
        { S3_TLS_CA: certificate },
        endpoint.replace("localhost", "127.0.0.1"),
      ),
      {
        message:
          / is unavailable: Hostname\/IP does not match certificate's altnames/,
      },
    ));
});
