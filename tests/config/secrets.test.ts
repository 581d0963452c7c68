import assert from "node:assert/strict";
import {
  encrypted,
  image,
  issuesOf,
  plain,
  settingsOf,
} from "../support/components/configurations.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";
const good = { auth: { TOKEN: value } };

const external = { type: "ExternalName", externalName: "pay.example.com" };
const noMap = "must be a map of environment variables and their values.";
const noText = "must be a text that is not empty.";
const noName =
  "can't be an environment variable: its name may only have letters, digits and underscores, and must not start with a digit.";
const noService =
  "is not a service: there are auth, payment, streaming and postgres.";
const forNobody =
  "has no effect: payment runs elsewhere, because services.payment.type is ExternalName.";

/** Defines a test per map of encrypted secrets that asserts its issues, none of which contains a value. */
function table(rows: [secrets: unknown, ...issues: string[]][]): void {
  for (const [secrets, ...issues] of rows)
    it(`rejects ${JSON.stringify(secrets)}`, () => {
      const reported = issuesOf(
        { services: { payment: external }, secrets },
        encrypted,
      );
      assert.deepEqual(
        reported,
        issues.map((issue) => `marquee:secrets${issue}`),
      );
      assert.ok(!reported.join().includes(value));
    });
}

describe("parseSettings: secrets", () => {
  it("defaults to no secrets", () => {
    assert.deepEqual(settingsOf({}).secrets, {});
    assert.deepEqual(settingsOf({}, encrypted).secrets, {});
  });

  it("accepts texts by service and variable", () => {
    const secrets = {
      auth: { TOKEN: value, _a1: " ", db_url: "postgres://a:b@c/d\n" },
      payment: { DATABASE: "1", database_url: "1", MY_ISSUER: "1" },
      streaming: { PORT_: "1", log_file: "true", [`N${"n".repeat(99)}`]: "0" },
    };
    assert.deepEqual(settingsOf({ secrets }, encrypted).secrets, secrets);
  });

  it("accepts an empty map", () => {
    assert.deepEqual(settingsOf({ secrets: {} }, encrypted).secrets, {});
  });

  // `pulumi config rm --path` leaves an empty map or null when it removes the last variable.
  for (const nothing of [{}, null])
    it(`ignores a service whose secrets are ${JSON.stringify(nothing)}`, () => {
      const secrets = { auth: nothing, payment: nothing };
      assert.deepEqual(settingsOf({ secrets }).secrets, {});
      assert.deepEqual(
        settingsOf({ secrets: { ...good, streaming: nothing } }, encrypted)
          .secrets,
        good,
      );
    });

  it("ignores a service that runs elsewhere whose secrets are null", () => {
    const services = { payment: external };
    const secrets = { ...good, payment: null };
    assert.deepEqual(
      settingsOf({ services, secrets }, encrypted).secrets,
      good,
    );
  });

  it("accepts secrets of a service with a prebuilt image", () => {
    const services = { auth: { image: image() } };
    assert.deepEqual(
      settingsOf({ services, secrets: good }, encrypted).secrets,
      good,
    );
  });

  describe("invalid values", () => {
    describe("secrets", () => {
      table(
        [value, "", null, true, 12, [], [value], [good]].map((secrets) => [
          secrets,
          " must be a map: per service, environment variables and their values.",
        ]),
      );
    });

    describe("services", () => {
      table([
        ...[value, "", true, false, 12, [value], []].map(
          (auth): [unknown, string] => [{ auth }, `.auth ${noMap}`],
        ),
        [{ search: { TOKEN: value } }, `.search ${noService}`],
        [{ Auth: { TOKEN: value } }, `.Auth ${noService} Did you mean auth?`],
        [{ TOKEN: value }, `.TOKEN ${noService}`],
        [{ "log-shipper": { TOKEN: value } }, `.log-shipper ${noService}`],
        [{ payment: { TOKEN: value } }, `.payment ${forNobody}`],
        [{ search: null }, `.search ${noService}`],
        [{ streamin: {} }, `.streamin ${noService} Did you mean streaming?`],
        [{ payment: value }, `.payment ${forNobody}`],
      ]);
    });

    describe("names of variables", () => {
      table([
        ...["", " ", "1A", "A-B", "A.B", "A B", "Ä", "A=B", "$A", " A"].map(
          (name): [unknown, string] => [
            { auth: { [name]: value } },
            `.auth.${name} ${noName}`,
          ],
        ),
        ...[
          ...["PORT", "LOG_FILE", "ISSUER", "JWKS_URL", "DATABASE_URL"],
          ...["DATABASE_PASSWORD", "DATABASE_TLS_CA", "DATABASE_x"],
        ].map((name): [unknown, string] => [
          { auth: { [name]: value } },
          `.auth.${name} can't be set here: Marquee sets it itself.`,
        ]),
      ]);
    });

    describe("values of variables", () => {
      table(
        ["", null, true, 12, 0.5, [value], [], { secure: value }, {}].map(
          (TOKEN) => [{ auth: { TOKEN } }, `.auth.TOKEN ${noText}`],
        ),
      );
      table([
        [
          {
            auth: { PORT: 8081, "A-B": value, GOOD: value, EMPTY: "" },
            serach: good,
            streaming: [value],
          },
          `.serach ${noService}`,
          ".auth.PORT can't be set here: Marquee sets it itself.",
          `.auth.PORT ${noText}`,
          `.auth.A-B ${noName}`,
          `.auth.EMPTY ${noText}`,
          `.streaming ${noMap}`,
        ],
      ]);
    });

    describe("encryption", () => {
      it("rejects a plain value, and says what to do", () => {
        const issues = issuesOf({ secrets: good });
        assert.deepEqual(issues, [plain("auth.TOKEN")]);
      });

      it("reports plain values together with all other issues", () => {
        const secrets = {
          auth: { TOKEN: value, PORT: value, "A-B": "" },
          serach: good,
          streaming: value,
        };
        const issues = issuesOf({ secrets });
        assert.deepEqual(issues, [
          `marquee:secrets.serach ${noService}`,
          plain("auth.TOKEN"),
          "marquee:secrets.auth.PORT can't be set here: Marquee sets it itself.",
          plain("auth.PORT"),
          `marquee:secrets.auth.A-B ${noName}`,
          `marquee:secrets.auth.A-B ${noText}`,
          plain("auth.A-B"),
          `marquee:secrets.streaming ${noMap}`,
        ]);
        assert.ok(!issues.join().includes(value));
      });

      it("reports only the plain values, for each service separately", () => {
        const secrets = {
          auth: { TOKEN: value, KEY: value },
          payment: { TOKEN: value, KEY: value },
          streaming: { KEY: value },
        };
        const queried: string[] = [];
        const issues = issuesOf({ secrets }, (...path) => {
          queried.push(path.join("."));
          return ["secrets.auth.TOKEN", "secrets.payment.KEY"].includes(
            path.join("."),
          );
        });
        assert.deepEqual(issues, [
          plain("auth.KEY"),
          plain("payment.TOKEN"),
          plain("streaming.KEY"),
        ]);
        assert.deepEqual(queried, [
          ...["secrets.auth.TOKEN", "secrets.auth.KEY"],
          ...["secrets.payment.TOKEN", "secrets.payment.KEY"],
          "secrets.streaming.KEY",
        ]);
      });

      for (const secrets of [
        ...[{}, { auth: {} }, { auth: {}, streaming: {} }],
        { auth: null, streaming: {} },
      ])
        it(`reports nothing if no value is set: ${JSON.stringify(secrets)}`, () => {
          assert.deepEqual(issuesOf({ secrets }), []);
        });
    });
  });
});
