import type { Api } from "@marquee/service-kit";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import { respondWithFile } from "../file-response/file-response.ts";
import type { Title } from "../media/catalogue.ts";

const tags = ["titles"];

const TitleJson = z
  .object({
    id: z.string(),
    name: z.string(),
    year: z.int(),
    genre: z.string(),
    tagline: z.string().describe("One line."),
    description: z.string().describe("Two or three sentences."),
    duration: z.number().describe("Seconds."),
    size: z
      .int()
      .describe("Size of the whole video (GET /stream/{id}) in bytes."),
    poster: z.string().describe("Path of a portrait picture, 2:3."),
    backdrop: z.string().describe("Path of a landscape picture, 16:9."),
  })
  .meta({ id: "Title" });

const Titles = z
  .object({
    featured: z.string().describe("Id of the title that GET /stream returns."),
    data: z.array(TitleJson),
  })
  .meta({ id: "Titles" });

/** Paths of a title's pictures. */
export const picturePaths = ({ id }: Pick<Title, "id">) => ({
  poster: `/titles/${id}/poster`,
  backdrop: `/titles/${id}/backdrop`,
});

const titleJson = (title: Title): z.infer<typeof TitleJson> => {
  const { id, name, year, genre, tagline, description, seconds } = title;
  return {
    id,
    name,
    year,
    genre,
    tagline,
    description,
    duration: seconds,
    size: title.sizes.video,
    ...picturePaths(title),
  };
};

const titleNotFound = (id: string) =>
  new HTTPException(404, { message: `There is no title ${id}.` });

/** GET /titles: the catalogue; GET /titles/:id/poster and /backdrop: pictures. All of them are public. */
export function titleRoutes({ route }: Api, dependencies: Dependencies): void {
  const { catalogueCache, store } = dependencies;
  route(
    {
      method: "get",
      path: "/titles",
      summary: "List all titles",
      tags,
      responses: {
        200: {
          description: "All titles.",
          schema: Titles,
          headers: { ETag: "Entity tag of this response, for If-None-Match." },
        },
        304: "Not modified.",
      },
    },
    etag(),
    async (c) => {
      const { featured, titles } = await catalogueCache.get();
      c.header("cache-control", "public, max-age=60");
      return c.json({ featured, data: titles.map(titleJson) }, 200);
    },
  );

  for (const picture of ["poster", "backdrop"] as const)
    route(
      {
        method: "get",
        path: `/titles/:id/${picture}`,
        summary: `A title's ${picture}`,
        tags,
        request: { param: z.strictObject({ id: z.string() }) },
        responses: {
          200: { description: "The picture.", type: "image/*" },
          ...fileResponses,
        },
      },
      async (c) => {
        const { id } = c.req.valid("param");
        const title = await catalogueCache.title(id);
        const file = title && (await store.find(title[picture]));
        if (!file) throw titleNotFound(id);
        const day = 86_400; // seconds
        return respondWithFile(c, file, {
          cacheControl: `public, max-age=${day}`,
        });
      },
    );
}

/** Further responses of routes that return files, for conditional and range requests. */
export const fileResponses = {
  206: {
    description: "The requested range or ranges.",
    type: "*/*",
  },
  304: "Not modified.",
  412: "If-Match or If-Unmodified-Since does not hold.",
  416: "No requested range lies within the file; Content-Range has its size.",
};
