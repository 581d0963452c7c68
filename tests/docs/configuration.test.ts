import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { mediaVariables } from "../../config/media.ts";
import { defaultKeepAlive } from "../../packages/service-kit/http/keep-alive.ts";
import { defineSystem } from "../../system.ts";
import { authority } from "../support/components/certificates.ts";
import {
  encrypted,
  names,
  settingsOf,
} from "../support/components/configurations.ts";
import {
  type ConfigurationKey,
  knownKeys,
  nameOf,
  parse,
  pathOf,
} from "../support/docs/configuration-keys.ts";
import { codeOf, read, tableRows } from "../support/docs/markdown.ts";

const file = "docs/configuration.md";

/** Sections whose tables leave out the beginning of the keys. */
const prefixes: Record<string, string> = {
  Services: "services.<name>.",
  Database: "database.",
};

/** A key that the document describes. */
interface Row {
  name: string;
  default: string;
  text: string;
}

const rows: Row[] = tableRows(file).flatMap(
  ({ heading, cells: [key = "", , byDefault = "", text = ""] }) =>
    codeOf(key).map((name) => ({
      name: `${prefixes[heading] ?? ""}${name}`,
      default: byDefault,
      text,
    })),
);

const keys = knownKeys();

describe("docs/configuration.md", () => {
  /** The keys that have a row, with it. */
  const described = () =>
    keys.flatMap((key) => {
      const row = rows.find(({ name }) => name === key.name);
      return row ? [{ key, row }] : [];
    });

  it("describes each key once", () => {
    const twice = rows.filter(
      ({ name }, i) => rows.findIndex((row) => row.name === name) !== i,
    );
    assert.deepEqual(twice, []);
  });

  it("describes every key that config/ parses", () => {
    const isMap = ({ name }: ConfigurationKey) =>
      keys.some(
        (key) =>
          /^(\.|\[\]\.)/.test(key.name.slice(name.length)) &&
          key.name.startsWith(name),
      );
    const missing = keys
      .filter((key) => !isMap(key))
      .map(({ name }) => name)
      .filter((name) => !rows.some((row) => row.name === name));
    assert.deepEqual(missing, []);
  });

  it("describes no key that config/ rejects", () => {
    const unknown = rows
      .map(({ name }) => name)
      .filter((name) => !keys.some((key) => key.name === name));
    assert.deepEqual(unknown, []);
  });

  it("says which keys are required", () => {
    const wrong = described()
      .filter(({ key, row }) => {
        const isRequired = rulesOf(key, undefined).length > 0;
        return isRequired
          ? !/required/i.test(`${row.default} ${row.text}`)
          : row.default === "required";
      })
      .map(({ row }) => row);
    assert.deepEqual(wrong, []);
  });

  it("has the defaults of the code", () => {
    const defaults = readDefaults();
    const wrong = described()
      .filter(({ row }) => row.default !== "required")
      .map(({ key, row }) => ({ ...row, inCode: defaults(key) }))
      .filter(({ default: text, inCode }) => {
        const claimed = text.replaceAll("`", "").replace(/ \(.*\)$/, "");
        // Without a default in the code, the document may describe one, but can't name a value.
        return inCode === undefined ? /^[`\d]/.test(text) : claimed !== inCode;
      });
    assert.deepEqual(wrong, []);
  });

  it("has the allowed values, ranges and types of service of the code's rules", () => {
    const wrong = described()
      .map(({ key, row }) => ({
        ...row,
        lacks: rulesOf(key, invalid)
          .flatMap(allowedBy)
          .filter((allowed) => !row.text.includes(allowed)),
      }))
      .filter(({ lacks }) => lacks.length > 0);
    assert.deepEqual(wrong, []);
  });
});

describe("Pulumi.yaml", () => {
  const declared: Record<string, { default: unknown }> = parseYaml(
    read("Pulumi.yaml"),
  ).config;

  it("declares the top-level keys that config/ parses, and no others", () => {
    const top = keys.filter(({ path }) => path.length === 1);
    assert.deepEqual(
      Object.keys(declared).sort(),
      top.map(({ name }) => `marquee:${name}`).sort(),
    );
  });

  it("has the defaults of the code, or none", () => {
    const defaults = readDefaults();
    for (const [key, { default: value }] of Object.entries(declared)) {
      if (value === "" || value instanceof Object) continue; // not set
      const name = key.replace("marquee:", "");
      const known = keys.find((known) => known.name === name);
      assert.equal(String(value), known && defaults(known), key);
    }
  });
});

/** A value that breaks every rule but those that accept any text. */
const invalid = "\u0001";

/** The rules that a value breaks: what follows the key and the value in messages. */
function rulesOf({ name, path }: ConfigurationKey, value: unknown): string[] {
  const shown = value === undefined ? "missing" : JSON.stringify(value);
  return parse(path, value).flatMap((issue) => {
    const [, key = "", rest = ""] =
      /^marquee:(\S+) is (.*)$/s.exec(issue) ?? [];
    const isAbout = nameOf(pathOf(key)) === name && rest.startsWith(shown);
    return isAbout ? [rest.slice(shown.length)] : [];
  });
}

/** The values, ranges and types of service that a rule names. */
function allowedBy(rule: string): string[] {
  const [, choice] =
    /^: it must be ((?:[^\s,]+, )*[^\s,]+ or [^\s,]+?)(?: \(|\.)/.exec(rule) ??
    [];
  const [, min, max] = /from (\d+) to (\d+)/.exec(rule) ?? [];
  const [, least] = /, (\d+) or more/.exec(rule) ?? [];
  const [, types] = /^: only a service of type (.*) has one/.exec(rule) ?? [];
  return [
    ...(choice?.split(/, | or /) ?? []).filter(
      (word) => !/true|false/.test(word),
    ),
    ...(min ? [`${min} to ${max}`] : []),
    ...(least ? [`${least} or more`] : []),
    ...(types?.split(" or ") ?? []),
  ];
}

/** Reads the value of each key in configurations that set as little as possible. */
function readDefaults(): (key: ConfigurationKey) => string | undefined {
  const each = (service: object) =>
    Object.fromEntries(names.map((name) => [name, service]));
  const settings = [
    settingsOf({}),
    settingsOf({ services: each({ type: "LoadBalancer" }) }),
    settingsOf({ services: each({ autoscale: { max: 3 } }) }),
    settingsOf(
      {
        database: {
          externalName: "db.example.com",
          certificateAuthority: authority,
        },
        secrets: { postgres: { PASSWORD: "password" } },
      },
      encrypted,
    ),
  ];
  const [base] = settings;
  assert.ok(base);
  const ports = Object.values(defineSystem(base, "marquee-dev"));
  /** Defaults that are not applied in config/. */
  const elsewhere: Record<string, string | undefined> = {
    "services.<name>.port": ports.map(({ port }) => port).join(", "),
    keepAliveSeconds: `${defaultKeepAlive.seconds}`,
    "media.region": mediaVariables({ bucket: "films" }).S3_REGION,
  };
  /** Keys that the configurations above set. */
  const given = [
    "database.externalName",
    "database.certificateAuthority",
    "secrets.postgres",
  ];
  return ({ name, path }) => {
    if (name in elsewhere) return elsewhere[name];
    if (given.includes(name)) return undefined;
    const found = settings
      .map((settings) => valueAt(settings, path))
      .find((value) => value !== undefined);
    if (found === undefined) return undefined;
    const isEmpty = found instanceof Object && Object.keys(found).length === 0;
    return isEmpty ? "none" : String(found);
  };
}

const valueAt = (settings: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    settings,
  );
