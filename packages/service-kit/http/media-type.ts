import type { Context } from "hono";

/** The request's Content-Type without its parameters; "" without the header. */
export const mediaType = (c: Context): string =>
  c.req.header("content-type")?.split(";", 1)[0]?.trim() ?? "";

/** Whether Content-Type names a form. */
export const isForm = (c: Context): boolean =>
  /^(application\/x-www-form-urlencoded|multipart\/form-data)$/i.test(
    mediaType(c),
  );
