import * as z from "zod";
import { type Api, problem } from "../../../../packages/service-kit/index.ts";

// For the compiler: nothing runs this. `npm run check` fails if a line after `@ts-expect-error` compiles.

const seat = {
  method: "post",
  path: "/seats/:row",
  summary: "Book a seat",
  request: {
    param: z.object({ row: z.string() }),
    json: z.object({ name: z.string() }),
  },
  responses: {
    200: {
      description: "The seat.",
      schema: z.object({
        row: z.int(),
        side: z.enum(["left", "right"]),
        note: z.string().optional(),
      }),
    },
    204: "Booked.",
    206: { description: "A picture.", type: "image/*" },
    303: "See another seat.",
    409: "Somebody else booked it.",
  },
} as const;

const left = { row: 1, side: "left" } as const;

export function acceptsDeclaredResponses({ route }: Api) {
  route(seat, (c) => c.json(left, 200));
  route(seat, (c) => c.json({ ...left, note: "Aisle" }, 200));
  route(seat, async (c) => c.json(left, 200));
  route(seat, (c) => c.body(null, 204));
  route(seat, (c) => c.body("a picture", 206));
  route(seat, (c) => c.redirect("/seats/2", 303));
  route(seat, (c) => problem(c, 409, "Row 1 is booked."));
  route(seat, (c) => (c.req.path ? c.json(left, 200) : c.body(null, 204)));
}

export function acceptsProblemsThatTheKitDeclares({ route }: Api) {
  route(seat, (c) => problem(c, 404, "There is no row 99."));
  route(seat, (c) => problem(c, 422, "The name is taken."));
}

export function rejectsUndeclaredStatuses({ route }: Api) {
  // @ts-expect-error -- 201 is not declared
  route(seat, (c) => c.json(left, 201));
  // @ts-expect-error -- without a status, Hono's type allows any
  route(seat, (c) => c.json(left));
  // @ts-expect-error -- 202 is not declared
  route(seat, (c) => c.body(null, 202));
  // @ts-expect-error -- 302 is not declared
  route(seat, (c) => c.redirect("/seats/2"));
  // @ts-expect-error -- 403 is not declared
  route(seat, (c) => problem(c, 403, "Sign in."));
  // @ts-expect-error -- one of both is not declared
  route(seat, (c) => (c.req.path ? c.json(left, 200) : c.body(null, 205)));
  // @ts-expect-error -- the status is unknown
  route(seat, () => new Response());
}

export function rejectsOtherBodies({ route }: Api) {
  // @ts-expect-error -- side is missing
  route(seat, (c) => c.json({ row: 1 }, 200));
  // @ts-expect-error -- row is a number
  route(seat, (c) => c.json({ ...left, row: "1" }, 200));
  // @ts-expect-error -- side is left or right
  route(seat, (c) => c.json({ row: 1, side: "up" } as const, 200));
  // @ts-expect-error -- 200 has a body
  route(seat, (c) => c.body(null, 200));
  // @ts-expect-error -- 200 is JSON
  route(seat, (c) => c.text("left", 200));
  // @ts-expect-error -- 409 is a problem
  route(seat, (c) => c.json({ error: "booked" }, 409));
}
