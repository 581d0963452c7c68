import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Objects by their path in the Kubernetes API, such as /api/v1/namespaces/marquee-dev. */
type Objects = Record<string, object>;

/** The answer for any namespace, even a missing one. */
const noSecrets = { kind: "SecretList", apiVersion: "v1", items: [] };

/**
 * Starts a Kubernetes API server for the calling suite, without objects at the start of each test.
 * It listens on 127.0.0.3, which is also the address of nodes then.
 */
export function useApiServer() {
  const objects: Objects = {};
  const refusals = new Map<string, number>();
  const requestedPaths: string[] = [];
  let url = "";
  const answer = (response: ServerResponse, code: number, body: object) =>
    response
      .writeHead(code, { "content-type": "application/json" })
      .end(JSON.stringify(body));
  const server = createServer(({ url: path = "" }, response) => {
    requestedPaths.push(path);
    const object = objects[path] ?? (/\/secrets$/.test(path) && noSecrets);
    const code = refusals.get(path) ?? (object ? 200 : 404);
    if (object && code === 200) return answer(response, 200, object);
    return answer(response, code, {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code,
    });
  });

  before(async () => {
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.3", () => resolve()),
    );
    url = `http://127.0.0.3:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    for (const path of Object.keys(objects)) delete objects[path];
    refusals.clear();
    requestedPaths.length = 0;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  return {
    objects,
    /** Makes requests for a path fail with a status. */
    refuses: (path: string, code: number) => void refusals.set(path, code),
    /** The requested paths, in order. */
    requestedPaths,
    /** A kubeconfig whose context `here` leads to this server, or to another one. */
    kubeconfig: (server = url) =>
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
      }),
  };
}

/** A Namespace as the API server returns it. */
export const namespaceObject = (
  name: string,
  annotations: Record<string, string> = {},
) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: `uid-of-${name}`, annotations },
});
