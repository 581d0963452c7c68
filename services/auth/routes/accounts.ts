import type { Api } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import { ValidationError } from "../accounts/accounts.ts";
import type { Dependencies } from "../dependencies.ts";
import { createBearerAuth } from "../http/bearer-auth.ts";
import { validationProblem } from "../http/errors.ts";
import { tokenResponse } from "../http/token-response.ts";
import * as schemas from "./schemas.ts";

const tags = ["accounts"];
const security = ["bearer"];
const wrongPassword = "The password is not the current one.";

/** POST /signup; GET, DELETE /me; PUT /me/password. */
export function accountRoutes(
  { route }: Api,
  { accounts, sessions, accessTokens, database, getClientInfo }: Dependencies,
): void {
  const bearer = createBearerAuth(database, accessTokens);

  route(
    {
      method: "post",
      path: "/signup",
      summary: "Create an account",
      description: "Also logs the new user in.",
      tags,
      request: { json: schemas.NewAccount },
      responses: {
        201: { description: "Created.", schema: schemas.LoggedIn },
        409: "An account with this address exists already.",
        ...schemas.tooManyAttempts,
      },
    },
    async (c) => {
      const { email, password } = c.req.valid("json");
      const { address } = getClientInfo(c);
      const caller = { address, log: c.var.log };
      const user = await accounts.signUp(caller, email, password);
      const login = await sessions.openApi(user);
      if (!login)
        throw new Error("The account was deleted while it was being created.");
      const tokens = await tokenResponse(accessTokens, user, login);
      return c.json({ user: schemas.toUser(user), ...tokens }, 201);
    },
  );

  route(
    {
      method: "get",
      path: "/me",
      summary: "Get the logged-in user",
      tags,
      security,
      responses: {
        200: {
          description: "The user of the access token.",
          schema: schemas.User,
        },
        ...schemas.unauthorized,
      },
    },
    bearer,
    (c) => c.json(schemas.toUser(c.var.login.user), 200),
  );

  route(
    {
      method: "put",
      path: "/me/password",
      summary: "Change the password",
      description: "Ends all other sessions of the user.",
      tags,
      security,
      request: { json: schemas.PasswordChange },
      responses: {
        204: "Changed.",
        403: wrongPassword,
        ...schemas.unauthorized,
        ...schemas.tooManyAttempts,
      },
    },
    bearer,
    async (c) => {
      const { current_password, new_password } = c.req.valid("json");
      const { login, log } = c.var;
      const caller = { ...getClientInfo(c), log };
      try {
        const changed = await accounts.changePassword(
          caller,
          login,
          current_password,
          new_password,
        );
        if (!changed) throw new HTTPException(403, { message: wrongPassword });
      } catch (error) {
        if (!(error instanceof ValidationError)) throw error;
        return validationProblem(c, error, { password: "/new_password" });
      }
      return c.body(null, 204);
    },
  );

  route(
    {
      method: "delete",
      path: "/me",
      summary: "Delete the account",
      description: "Deletes all of the user's data.",
      tags,
      security,
      request: { json: schemas.Confirmation },
      responses: {
        204: "Deleted.",
        403: wrongPassword,
        ...schemas.unauthorized,
        ...schemas.tooManyAttempts,
      },
    },
    bearer,
    async (c) => {
      const { password } = c.req.valid("json");
      const { login, log } = c.var;
      const caller = { ...getClientInfo(c), log };
      if (!(await accounts.deleteAccount(caller, login.user, password)))
        throw new HTTPException(403, { message: wrongPassword });
      return c.body(null, 204);
    },
  );
}
