import assert from "node:assert/strict";
import {
  authority,
  certificate,
  key,
} from "../support/components/certificates.ts";
import {
  breaking,
  database,
  least,
  noTexts,
  table,
  usualElsewhere,
} from "../support/components/database-configurations.ts";

describe("parseSettings: database outside the cluster", () => {
  it("accepts an externalName with its certificateAuthority, and has defaults for the rest", () => {
    assert.deepEqual(database(least), usualElsewhere);
  });

  it("accepts every key", () => {
    const all = {
      image: "ghcr.io/acme/psql:17",
      maxConnections: 800,
      externalName: "1.db.example.com.",
      port: 6432,
      user: "Ada-1",
      tls: "verify",
      certificateAuthority: `# One\n${authority}\r\n\n# and another\n${certificate}`,
    };
    assert.deepEqual(database(all), all);
  });

  for (const tls of ["off", "require"])
    it(`needs no certificateAuthority with tls ${tls}`, () => {
      const { certificateAuthority: _, ...rest } = usualElsewhere;
      assert.deepEqual(database({ externalName: least.externalName, tls }), {
        ...rest,
        tls,
      });
    });

  for (const port of [1, 65_535])
    it(`accepts port ${port}`, () => {
      assert.deepEqual(database({ ...least, port }), {
        ...usualElsewhere,
        port,
      });
    });

  describe("invalid values", () => {
    describe("externalName", () => {
      table(
        breaking(
          "externalName",
          "it must be the DNS name, in lower case, of the database's host, such as db.example.com",
          [
            ...["", "localhost", "DB.example.com", "db.example.com:5432"],
            ...["10.0.0.7", "postgres://db.example.com", "a b", "db..com"],
            ...noTexts,
          ],
          { certificateAuthority: authority },
        ),
      );
    });

    describe("port", () => {
      table(
        breaking(
          "port",
          "it must be a whole number from 1 to 65535",
          [0, -1, 65_536, 5432.5, "5432", "", null, true, [5432], {}],
          least,
        ),
      );
    });

    describe("user", () => {
      table(
        breaking(
          "user",
          "it must be the name of a role that may create roles and databases",
          ["", " ", "a b", "a:b", "a@b", "a/b", "ada\n", ...noTexts],
          least,
        ),
      );
    });

    describe("tls", () => {
      const rule =
        "it must be off, require or verify (off without quotes is YAML's false)";
      const wrong = ["", "on", "Off", "verify-full", "disable", ...noTexts];
      table(breaking("tls", rule, wrong, least));
      // An invalid tls doesn't tell whether a certificateAuthority is needed.
      const { externalName } = least;
      table(breaking("tls", rule, [false], { externalName }));
    });

    describe("certificateAuthority", () => {
      const rule =
        'it must be the certificate of the authority that signed the server\'s, as PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, or several, 64 KiB at most. Set it with `pulumi config set --path marquee:database.certificateAuthority -- "$(cat authority.pem)"`.';
      const { externalName } = least;
      table([
        [{ externalName }, `.certificateAuthority is missing: ${rule}`],
        [
          { externalName, tls: "verify" },
          `.certificateAuthority is missing: ${rule}`,
        ],
        ...[
          ...["", "authority.pem", "/etc/ssl/certs", ...noTexts],
          ...[authority.slice(10), authority.slice(0, -10)],
          authority.replaceAll("M", "N"),
          authority.replaceAll("\n", ""),
          authority.replaceAll("CERTIFICATE", "PUBLIC KEY"),
          `${authority}${authority.slice(0, -30)}`,
          `${authority}${certificate.replaceAll("M", "N")}`,
          authority.repeat(200),
          key,
          `${authority}${key}`,
        ].map((certificateAuthority): [unknown, string] => [
          { externalName, certificateAuthority },
          `.certificateAuthority is invalid: ${rule}`,
        ]),
      ]);
      for (const tls of ["off", "require"])
        table([
          [
            { ...least, tls },
            `.certificateAuthority has no effect: database.tls is ${tls}, which does not verify the server's certificate.`,
          ],
        ]);
    });
  });
});
