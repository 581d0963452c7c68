import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { declaredEnvironment } from "../support/docs/declared-environment.ts";
import {
  codeOf,
  project,
  read,
  sectionOf,
  tableRows,
} from "../support/docs/markdown.ts";
import {
  documentOfStopped,
  serviceApps,
} from "../support/docs/service-apps.ts";

const readmeOf = (service: string) => `services/${service}/README.md`;

/** The rows of a section's table: the code in the first cell, and the second cell. */
const rowsOf = (service: string, section: string) =>
  tableRows(readmeOf(service))
    .filter(({ heading }) => heading === section)
    .flatMap(({ cells: [first = "", second = ""] }) =>
      codeOf(first).map((name) => ({ name, second })),
    );

for (const service of ["auth", "payment", "streaming", "log-shipper"])
  describe(`${readmeOf(service)}: environment`, () => {
    it("has the variables that server.ts declares, with their defaults", async () => {
      const documented = rowsOf(service, "Environment");
      const declared = await declaredEnvironment(service);
      assert.deepEqual(
        documented.map(({ name }) => name).sort(),
        declared.map(({ name }) => name).sort(),
      );
      for (const { name, isRequired, default: inCode } of declared) {
        const text = documented.find((row) => row.name === name)?.second ?? "";
        if (isRequired) assert.equal(text, "required", name);
        else if (inCode) assert.equal(text.replaceAll("`", ""), inCode, name);
        // Without a default in the code, the README may describe one, but can't name a value.
        else assert.doesNotMatch(text, /^(required$|`|\d)/, name);
      }
    });
  });

for (const [service, apps] of Object.entries(serviceApps())) {
  const section = sectionOf(readmeOf(service), "Routes");
  const named = codeOf(section)
    .filter((code) => /^[A-Z]+ \//.test(code))
    .map(withoutNames);

  describe(`${readmeOf(service)}: routes`, () => {
    it("names every route of /openapi.json", async () => {
      for (const app of apps) {
        const { paths } = await documentOfStopped(app);
        const documented = Object.entries(paths).flatMap(([path, operations]) =>
          Object.keys(operations).map((method) =>
            withoutNames(`${method.toUpperCase()} ${path}`),
          ),
        );
        assert.deepEqual(
          documented.filter((route) => !named.includes(route)),
          [],
        );
      }
    });

    it("names no route that the service does not have", () => {
      const routes = apps
        .flatMap((app) => app.routes)
        .map(({ method, path }) => withoutNames(`${method} ${path}`));
      assert.deepEqual(
        named.filter((route) => !routes.includes(route)),
        [],
      );
    });
  });

  describe(`${readmeOf(service)}: tables`, () => {
    it("has the tables that the migrations create", () => {
      const folder = `services/${service}/migrations`;
      const statements = readdirSync(join(project, folder)).flatMap((file) => [
        ...read(join(folder, file)).matchAll(
          /^(CREATE|DROP) (?:UNLOGGED )?TABLE (?:IF EXISTS )?(\w+)/gm,
        ),
      ]);
      const tables = new Set<string>();
      for (const [, verb, table = ""] of statements)
        if (verb === "CREATE") tables.add(table);
        else tables.delete(table);
      assert.deepEqual(
        rowsOf(service, "Tables")
          .map(({ name }) => name)
          .sort(),
        [...tables].sort(),
      );
    });
  });
}

describe(`${readmeOf("payment")}: callers`, () => {
  it("agree with the security of /openapi.json", async () => {
    const [app] = serviceApps().payment ?? [];
    assert.ok(app);
    const callers: Record<string, string> = {
      bearer: "people",
      operator: "operators",
    };
    const { paths } = await documentOfStopped(app);
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security = [] }]) => {
        const names = security.flatMap(Object.keys).map((key) => callers[key]);
        return [
          `${method.toUpperCase()} ${path}`,
          names.join(", ") || "everyone",
        ];
      }),
    );
    const rows = rowsOf("payment", "Routes").map(({ name, second }) => [
      name,
      second,
    ]);
    const inDocument = documented.map(([route]) => route);
    assert.deepEqual(
      rows.filter(([route]) => inDocument.includes(route ?? "")).sort(),
      documented.sort(),
    );
  });
});

/** A route without the names of its parameters, of which Hono and OpenAPI write `:id` and `{id}`. */
function withoutNames(route: string): string {
  return route.replace(/:\w+(\{.*?\})?|\{\w+\}/g, "{}");
}
