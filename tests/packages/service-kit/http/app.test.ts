import assert from "node:assert/strict";
import { HTTPException } from "hono/http-exception";
import { createService } from "../../../../packages/service-kit/index.ts";
import { problemOf } from "../../../support/problem.ts";

describe("createService", () => {
  describe("probes", () => {
    it("returns 200 from /livez", async () => {
      const response = await createService().app.request("/livez");
      assert.equal(response.status, 200);
    });

    it("returns 200 from /readyz by default", async () => {
      const response = await createService().app.request("/readyz");
      assert.equal(response.status, 200);
    });

    it("returns 503 from /readyz with the reason when it is not ready", async () => {
      const ready = () => Promise.reject(new Error("no database"));
      const response = await createService({ ready }).app.request("/readyz");
      const { detail } = await problemOf(response, 503);
      assert.equal(detail, "Not ready: no database");
    });

    it("returns 200 from /readyz once it is ready again", async () => {
      let database = false;
      const { app } = createService({
        async ready() {
          if (!database) throw new Error("no database");
        },
      });
      await problemOf(await app.request("/readyz"), 503);
      database = true;
      assert.equal((await app.request("/readyz")).status, 200);
    });

    it("returns 503 from /readyz while it drains", async () => {
      const { app, drain } = createService();
      drain();
      await problemOf(await app.request("/readyz"), 503);
    });

    it("returns 200 from /livez while it drains", async () => {
      const { app, drain } = createService();
      drain();
      assert.equal((await app.request("/livez")).status, 200);
    });
  });

  describe("problems", () => {
    it("returns 404 for an unknown path", async () => {
      const response = await createService().app.request("/nowhere?a=b");
      const problem = await problemOf(response, 404);
      assert.equal(problem.title, "Not Found");
      assert.equal(problem.detail, "There is nothing at /nowhere.");
    });

    it("returns 405 with Allow for a method that the path does not support", async () => {
      const { app } = createService();
      app.get("/title", (c) => c.text("title"));
      const response = await app.request("/title", { method: "DELETE" });
      await problemOf(response, 405);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
    });

    it("returns 404, not 405, when a route finds nothing", async () => {
      const { app } = createService();
      app.get("/title", (c) => c.notFound());
      await problemOf(await app.request("/title"), 404);
    });

    it("returns the status and message of an HTTPException", async () => {
      const { app } = createService();
      app.get("/", () => {
        throw new HTTPException(403, { message: "Not for you." });
      });
      const { title, detail } = await problemOf(await app.request("/"), 403);
      assert.deepEqual([title, detail], ["Forbidden", "Not for you."]);
    });

    it("keeps the headers of an HTTPException's response, except Content-Length", async () => {
      const { app } = createService();
      app.get("/", () => {
        const headers = new Headers({ "www-authenticate": "Bearer" });
        headers.append("set-cookie", "a=1");
        headers.append("set-cookie", "b=2");
        headers.set("content-length", "2");
        throw new HTTPException(401, { res: new Response("no", { headers }) });
      });
      const response = await app.request("/");
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
      assert.equal(response.headers.get("content-length"), null);
      await problemOf(response, 401);
    });

    it("returns 500 without details for an unexpected error", async () => {
      const { app } = createService();
      app.get("/", () => {
        throw new Error("password hunter2 refused by 10.0.0.7");
      });
      const response = await app.request("/");
      const problem = await problemOf(response, 500);
      const { instance: _, ...rest } = problem;
      assert.deepEqual(rest, {
        type: "about:blank",
        title: "Internal Server Error",
        status: 500,
        detail: "Something went wrong here; it is logged under this id.",
      });
    });
  });

  describe("bodyLimit", () => {
    const limited = () => {
      const { app } = createService({ bodyLimit: 10 });
      app.post("/", async (c) => c.text(await c.req.text()));
      return app;
    };

    it("accepts a body of exactly the limit", async () => {
      const body = "0123456789";
      const response = await limited().request("/", { method: "POST", body });
      assert.equal(await response.text(), body);
    });

    it("returns 413 for a body one byte above the limit", async () => {
      const body = "0123456789X";
      const response = await limited().request("/", { method: "POST", body });
      const { detail } = await problemOf(response, 413);
      assert.equal(detail, "The body must not exceed 10 bytes.");
    });

    it("limits bodies to 64 KiB by default", async () => {
      const { app } = createService();
      app.post("/", async (c) => c.text(await c.req.text()));
      const post = (bytes: number) =>
        app.request("/", { method: "POST", body: "x".repeat(bytes) });
      assert.equal((await post(65_536)).status, 200);
      assert.equal((await post(65_537)).status, 413);
    });
  });
});
