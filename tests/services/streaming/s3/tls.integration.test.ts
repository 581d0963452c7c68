import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { openBucket } from "../../../../services/streaming/media/s3/store.ts";
import { useFolders } from "../../../support/folders.ts";
import { useS3 } from "../../../support/s3-server.ts";

/** Creates a key and a self-signed certificate for a server with this name. */
function selfSigned(folder: string, name: string) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
      ],
      ...["-nodes", "-keyout", key, "-out", cert, "-days", "2"],
      ...["-subj", "/CN=bucket", "-addext", `subjectAltName=${name}`],
    ],
    { stdio: "ignore" },
  );
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

describe("S3 bucket over HTTPS", () => {
  const s3 = useS3();
  const folder = useFolders();
  const trusted = tls.getCACertificates();
  let server: tls.Server;
  let cert: string;

  before(async () => {
    const pair = selfSigned(folder(), "DNS:localhost");
    cert = pair.cert;
    const port = Number(new URL(s3().options.endpoint).port);
    server = tls.createServer(pair, (near) => {
      const far = connect(port, "127.0.0.1");
      near.pipe(far).pipe(near);
      near.on("error", () => far.destroy());
      far.on("error", () => near.destroy());
    });
    server.on("tlsClientError", () => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    await s3().put("a.mp4", Buffer.from("secure"));
  });
  afterEach(() => tls.setDefaultCACertificates(trusted));
  after(() => server.close());

  const open = (host: string) => {
    const { port } = server.address() as AddressInfo;
    const endpoint = `https://${host}:${port}`;
    return openBucket({ ...s3().options, endpoint }).find("a.mp4");
  };

  it("reads a file when the certificate is trusted", async () => {
    tls.setDefaultCACertificates([cert]);
    const file = await open("localhost");
    const { value } = (await file?.read(0, 5).getReader().read()) ?? {};
    assert.equal(Buffer.from(value ?? []).toString(), "secure");
  });

  it("fails with MediaUnavailableError when the certificate is self-signed and not trusted", () =>
    assert.rejects(open("localhost"), {
      name: "MediaUnavailableError",
      message:
        /^The bucket "titles" at https:.* is unavailable: self-signed certificate\b/,
    }));

  it("fails with MediaUnavailableError when the certificate is for another host", async () => {
    tls.setDefaultCACertificates([cert]);
    await assert.rejects(open("127.0.0.1"), {
      name: "MediaUnavailableError",
      message:
        / is unavailable: Hostname\/IP does not match certificate's altnames/,
    });
  });
});
