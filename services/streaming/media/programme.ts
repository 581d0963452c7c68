import { logger } from "@marquee/service-kit";
import { type Catalogue, readCatalogue, type Title } from "./catalogue.ts";
import type { MediaStore } from "./media-store.ts";

/** What is shown now. */
export interface Programme {
  /**
   * The catalogue as it was read last. One that is older than a minute is read again in the background, so that new titles come up
   * and nobody waits; while that can't be done, the old one serves.
   * @throws MediaAway until it was read for the first time; Error if it has mistakes
   */
  catalogue(): Promise<Catalogue>;
  /** @returns undefined if there is none with this id */
  title(id: string): Promise<Title | undefined>;
}

/** @param age milliseconds after which it is read again */
export function createProgramme(store: MediaStore, age = 60_000): Programme {
  let current: Catalogue | undefined;
  let readAt = 0;
  let reading: Promise<Catalogue> | undefined;

  const read = () => {
    reading ??= readCatalogue(store)
      .then((catalogue) => {
        current = catalogue;
        return catalogue;
      })
      .finally(() => {
        readAt = performance.now();
        reading = undefined;
      });
    return reading;
  };

  const catalogue = async () => {
    if (!current) return read();
    if (performance.now() - readAt > age)
      read().catch((err) =>
        logger.warn({ err }, "the catalogue can't be read again"),
      );
    return current;
  };
  return {
    catalogue,
    title: async (id) =>
      (await catalogue()).titles.find((title) => title.id === id),
  };
}
