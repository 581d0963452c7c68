import { createService } from "@marquee/runtime";
import { login } from "./routes/login.ts";

/** Auth: who somebody is. Routes: GET / (the login page), POST /login. */
export function createAuth() {
  const service = createService();
  service.app.route("/", login);
  return service;
}
