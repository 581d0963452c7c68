import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { reasonOf } from "../../../../packages/service-kit/database/errors.ts";
import type { DatabaseVariables } from "../../../../packages/service-kit/database/variables.ts";
import {
  DatabaseUnavailableError,
  openDatabase,
} from "../../../../packages/service-kit/index.ts";
import { useFolders } from "../../../support/folders.ts";
import {
  startServer,
  type TestServer,
  useDatabase,
} from "../../../support/postgres.ts";
import { until } from "../../../support/until.ts";

/** Makes a certificate authority, and a key and certificate for a server with these names; returns a reader of them. */
function certificate(folder: string, names: string) {
  const at = (file: string) => join(folder, file);
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
  ];
  const make = (...args: string[]) =>
    execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", ...args], {
      stdio: "pipe",
    });
  make(
    ...["-subj", "/CN=an authority", "-keyout", at("ca.key")],
    ...["-out", at("ca.crt")],
  );
  make(
    ...["-subj", "/CN=a server", "-addext", `subjectAltName=${names}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-CA", at("ca.crt"), "-CAkey", at("ca.key")],
    ...["-keyout", at("server.key"), "-out", at("server.crt")],
  );
  return (file: "ca.crt" | "server.crt" | "server.key") =>
    readFileSync(at(file), "utf8");
}

/** Enables TLS on a running server. */
async function encrypt(server: TestServer, key: string, crt: string) {
  const put = (name: string, input: string) =>
    execFileSync(
      "docker",
      [
        ...["exec", "--interactive", "--user", "postgres", server.container],
        ...["sh", "-c", `umask 077; cat > $PGDATA/${name}`],
      ],
      { input },
    );
  put("server.key", key);
  put("server.crt", crt);
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query("ALTER SYSTEM SET ssl = on");
  await client.query("SELECT pg_reload_conf()");
  const isOn = async () =>
    (await client.query("SHOW ssl")).rows[0].ssl === "on";
  await until(isOn);
  await client.end();
}

describe("openDatabase: TLS", () => {
  const folder = useFolders();
  const plain = useDatabase();
  let files: ReturnType<typeof certificate>;
  let local: string;
  let byAddress: string;

  before(async function () {
    this.timeout("10m"); // the image may have to be built
    const server = await startServer();
    files = certificate(folder(), "DNS:localhost,DNS:films.example");
    await encrypt(server, files("server.key"), files("server.crt"));
    byAddress = server.url;
    local = server.url.replace("127.0.0.1", "localhost");
  });

  /** Whether the connection is encrypted. */
  async function encrypted(variables: DatabaseVariables): Promise<unknown> {
    const database = openDatabase(variables);
    try {
      const [row] = await database.query<{ ssl: boolean }>(
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
      );
      return row?.ssl;
    } finally {
      await database.close();
    }
  }
  /** The reason that is logged for a failed connection. */
  const refused = async (variables: DatabaseVariables) => {
    let reason = "";
    await assert.rejects(encrypted(variables), (error) => {
      reason = reasonOf(error);
      return error instanceof DatabaseUnavailableError;
    });
    return reason;
  };

  it("connects without TLS by default", async () => {
    assert.equal(await encrypted({ DATABASE_URL: local }), false);
  });

  it("encrypts without checking the certificate with DATABASE_TLS=require", async () => {
    const variables = { DATABASE_URL: byAddress, DATABASE_TLS: "require" };
    assert.equal(await encrypted(variables as DatabaseVariables), true);
  });

  describe("DATABASE_TLS=verify", () => {
    const verify = (url: string, more: Partial<DatabaseVariables> = {}) =>
      ({
        DATABASE_URL: url,
        DATABASE_TLS: "verify",
        DATABASE_TLS_CA: files("ca.crt"),
        ...more,
      }) as const;

    it("accepts a certificate for the URL's host", async () => {
      assert.equal(await encrypted(verify(local)), true);
    });

    it("accepts a certificate for DATABASE_TLS_NAME", async () => {
      const DATABASE_TLS_NAME = "films.example";
      for (const url of [local, byAddress])
        assert.equal(await encrypted(verify(url, { DATABASE_TLS_NAME })), true);
    });

    it("rejects a certificate for another host", async () => {
      assert.match(
        await refused(verify(byAddress)),
        /^Hostname\/IP does not match certificate's altnames: .*127\.0\.0\.1.*; DATABASE_TLS_NAME says which name its certificate has$/,
      );
    });

    it("rejects a certificate for the URL's host but not for DATABASE_TLS_NAME", async () => {
      assert.match(
        await refused(verify(local, { DATABASE_TLS_NAME: "wrong.example" })),
        /Host: wrong\.example\. is not in the cert's altnames: DNS:localhost, DNS:films\.example/,
      );
    });

    it("rejects a certificate of another authority than DATABASE_TLS_CA", async () => {
      const other = certificate(folder(), "DNS:localhost")("ca.crt");
      assert.match(
        await refused(verify(local, { DATABASE_TLS_CA: other })),
        /certificate.*; DATABASE_TLS_CA says which authority signs its certificate$/,
      );
    });

    it("rejects a certificate of an authority that Node.js does not trust", async () => {
      const { DATABASE_TLS_CA: _, ...variables } = verify(local);
      assert.match(
        await refused(variables),
        /certificate.*; DATABASE_TLS_CA says which authority signs its certificate$/,
      );
    });
  });

  for (const DATABASE_TLS of ["require", "verify"] as const)
    it(`rejects a server without TLS with DATABASE_TLS=${DATABASE_TLS}`, async () => {
      assert.equal(
        await refused({ DATABASE_URL: plain(), DATABASE_TLS }),
        "The server does not support SSL connections",
      );
    });

  it("rejects DATABASE_TLS_CA and DATABASE_TLS_NAME without DATABASE_TLS=verify", () => {
    const DATABASE_URL = "postgres://me@films.example/films";
    const DATABASE_TLS_CA = files("ca.crt");
    assert.throws(
      () => openDatabase({ DATABASE_URL, DATABASE_TLS_CA }),
      /^Error: DATABASE_TLS_CA is set, but DATABASE_TLS is off: the server's certificate is only checked with DATABASE_TLS=verify\.$/,
    );
    assert.throws(
      () =>
        openDatabase({
          DATABASE_URL,
          DATABASE_TLS: "require",
          DATABASE_TLS_NAME: "films.example",
        }),
      /^Error: DATABASE_TLS_NAME is set, but DATABASE_TLS is require/,
    );
  });
});
