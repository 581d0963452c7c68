import { factory } from "@marquee/service-kit";

/** Paths for programs, signed-in users and members. */
const disallowed = [
  "/api/",
  "/openapi.json",
  "/titles$",
  "/account",
  "/sign-out",
  "/change-password",
  "/delete-account",
  "/membership",
  "/subscribe",
  "/sandbox/",
  "/webhooks/",
  "/watch/",
  "/playback/",
  "/progress",
  "/stream",
];

const robots = [
  "User-agent: *",
  ...disallowed.map((path) => `Disallow: ${path}`),
]
  .map((line) => `${line}\n`)
  .join("");

/** GET /robots.txt (RFC 9309): search engines may index the catalogue, the plans, sign-in and sign-up. */
export const robotsRoutes = () =>
  factory.createApp().get("/robots.txt", (c) =>
    c.text(robots, 200, {
      "cache-control": "public, max-age=86400", // one day
    }),
  );
