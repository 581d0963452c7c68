import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { readEnvironment } from "../../../packages/service-kit/environment/environment.ts";
import { variables } from "../../../services/log-shipper/environment.ts";
import { useFolders } from "../../support/folders.ts";
import { freePort } from "../../support/free-port.ts";
import { useLogEndpoints } from "../../support/log-endpoint.ts";
import { runToEnd, start, stopPrograms } from "../../support/program.ts";

const good = {
  PORT: "8090",
  FOLLOW_FILE: join(import.meta.dirname, "service.log"),
  CONTAINER: "auth",
  NAMESPACE: "marquee-dev",
  POD: "auth-1",
  NODE: "node-1",
};

/** The errors for these variables when all others are valid. */
function errorsOf(wrong: Record<string, string | undefined>): string[] {
  try {
    readEnvironment({ ...good, ...wrong }, variables);
  } catch (error) {
    return (error as Error).message.split("\n  ").slice(1);
  }
  return [];
}

describe("Log shipper environment", () => {
  stopPrograms();
  const folder = useFolders();
  const newEndpoint = useLogEndpoints();

  const file =
    "expected the absolute path of a file, in a folder that exists and that this user may write to";
  const container = "expected the name of the container that writes the log";
  const url = "expected an http or https URL without a user name or password";
  const api = (field: string) => `expected ${field}, from the downward API`;
  const wrong: [Record<string, string | undefined>, string][] = [
    [{ FOLLOW_FILE: undefined }, `FOLLOW_FILE is not set: ${file}`],
    [{ FOLLOW_FILE: "" }, `FOLLOW_FILE is "": ${file}`],
    [{ FOLLOW_FILE: "a.log" }, `FOLLOW_FILE is "a.log": ${file}`],
    [{ FOLLOW_FILE: "/tmp/" }, `FOLLOW_FILE is "/tmp/": ${file}`],
    [{ FOLLOW_FILE: "/none/a.log" }, `FOLLOW_FILE is "/none/a.log": ${file}`],
    [{ CONTAINER: undefined }, `CONTAINER is not set: ${container}`],
    [{ CONTAINER: "" }, `CONTAINER is "": ${container}`],
    [
      { NAMESPACE: undefined },
      `NAMESPACE is not set: ${api("the pod's namespace")}`,
    ],
    [{ NAMESPACE: "" }, `NAMESPACE is "": ${api("the pod's namespace")}`],
    [{ POD: undefined }, `POD is not set: ${api("the pod's name")}`],
    [{ POD: "" }, `POD is "": ${api("the pod's name")}`],
    [{ NODE: undefined }, `NODE is not set: ${api("the node's name")}`],
    [{ NODE: "" }, `NODE is "": ${api("the node's name")}`],
    [{ ENDPOINT: "" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "logs.example.com" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "localhost:9200" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "ftp://logs.example.com" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "http://" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "http://ann@logs.example.com" }, `ENDPOINT is wrong: ${url}`],
    [{ ENDPOINT: "http://ann:hunter2@logs" }, `ENDPOINT is wrong: ${url}`],
    [
      { LOG_FILE: "/tmp/own.log" },
      `LOG_FILE is "/tmp/own.log": expected no value: the log shipper writes its own log to standard output`,
    ],
  ];
  for (const ENDPOINT_HEADERS of [
    ...[
      "",
      "x",
      "null",
      "12",
      '"Authorization"',
      "[]",
      '{"A":1}',
      '{"A":null}',
    ],
    ...['{"A B":"x"}', '{"":"x"}', '{"A:":"x"}', '{"A":"x\\r\\ny"}'],
    ...['{"host":"x"}', '{"Content-Length":"1"}', '{"content-type":"x"}'],
  ])
    it(`rejects ENDPOINT_HEADERS='${ENDPOINT_HEADERS}' without printing the value`, () => {
      assert.deepEqual(errorsOf({ ENDPOINT_HEADERS }), [
        "ENDPOINT_HEADERS is wrong: expected a JSON object that maps header names to values, without Host, Content-Type and Content-Length",
      ]);
    });

  for (const ENDPOINT_HEADERS of [
    "{}",
    '{"Authorization":"Bearer x","X-Scope-OrgID":"marquee"}',
  ])
    it(`accepts ENDPOINT_HEADERS='${ENDPOINT_HEADERS}'`, () => {
      assert.deepEqual(errorsOf({ ENDPOINT_HEADERS }), []);
    });

  for (const [variables, sentence] of wrong)
    it(`reports: ${sentence.replace("wrong", JSON.stringify(variables.ENDPOINT))}`, () => {
      assert.deepEqual(errorsOf(variables), [sentence]);
    });

  for (const ENDPOINT of [
    undefined,
    "http://logs",
    "https://logs.example.com:9200/_bulk?x=1",
    "http://[::1]:9200",
  ])
    it(`accepts ENDPOINT=${ENDPOINT ?? "(unset)"}`, () => {
      assert.deepEqual(errorsOf({ ENDPOINT }), []);
    });

  it("exits with code 1 and lists every invalid variable on standard error", async () => {
    const end = await runToEnd("services/log-shipper/server.ts", {
      FOLLOW_FILE: "a.log",
      ENDPOINT: "http://ann:hunter2@logs",
    });
    assert.equal(end.code, 1);
    assert.equal(end.stdout, "");
    assert.equal(
      end.stderr,
      `This program can't start, because its environment is invalid:
  PORT is not set: expected a whole number from 1 to 65535
  FOLLOW_FILE is "a.log": ${file}
  CONTAINER is not set: ${container}
  NAMESPACE is not set: ${api("the pod's namespace")}
  POD is not set: ${api("the pod's name")}
  NODE is not set: ${api("the node's name")}
  ENDPOINT is wrong: ${url}
`,
    );
  });

  it("ships lines with the pod's metadata when every variable is valid", async () => {
    const log = join(folder(), "service.log");
    const PORT = `${await freePort()}`;
    const { untilLogged, terminate, end } = await start(
      "services/log-shipper/server.ts",
      {},
      { ...good, PORT, FOLLOW_FILE: log },
    );
    appendFileSync(log, '{"level":"info","msg":"hello"}\n');
    assert.deepEqual(await untilLogged("hello"), {
      level: "info",
      msg: "hello",
      kubernetes: {
        namespace_name: "marquee-dev",
        pod_name: "auth-1",
        host: "node-1",
        container_name: "auth",
      },
    });
    await terminate();
    assert.equal((await end).code, 0);
  });

  it("sends ENDPOINT_HEADERS with each request and never logs their values", async () => {
    const log = join(folder(), "service.log");
    const endpoint = await newEndpoint([503]);
    const { out, terminate, end } = await start(
      "services/log-shipper/server.ts",
      {},
      {
        ...good,
        PORT: `${await freePort()}`,
        FOLLOW_FILE: log,
        ENDPOINT: endpoint.url,
        ENDPOINT_HEADERS: JSON.stringify({
          Authorization: "Bearer hunter2",
          "X-Scope-OrgID": "marquee",
        }),
      },
    );
    appendFileSync(log, '{"level":"info","msg":"hello"}\n');
    await endpoint.untilAccepted(1);
    assert.equal(endpoint.requests.length, 2);
    for (const { headers } of endpoint.requests) {
      assert.equal(headers.authorization, "Bearer hunter2");
      assert.equal(headers["x-scope-orgid"], "marquee");
      assert.equal(headers["content-type"], "application/x-ndjson");
    }
    await terminate();
    assert.equal((await end).code, 0);
    assert.ok(!`${out.stdout}${out.stderr}`.includes("hunter2"));
  });
});
