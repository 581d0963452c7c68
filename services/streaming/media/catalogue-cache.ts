import { logger } from "@marquee/service-kit";
import { type Catalogue, readCatalogue, type Title } from "./catalogue.ts";
import type { MediaStore } from "./media-store.ts";

/** Caches the catalogue. */
export interface CatalogueCache {
  /**
   * The cached catalogue. After a minute it is refreshed in the background, so that no request waits; if the refresh
   * fails, the cached one is kept.
   * @throws MediaUnavailableError, InvalidCatalogueError until the first read succeeds
   */
  get(): Promise<Catalogue>;
  /** @returns undefined if no title has this id */
  title(id: string): Promise<Title | undefined>;
}

/** @param maxAgeMs age at which the catalogue is refreshed */
export function createCatalogueCache(
  store: MediaStore,
  maxAgeMs = 60_000,
): CatalogueCache {
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

  const get = async () => {
    if (!current) return read();
    if (performance.now() - readAt > maxAgeMs)
      read().catch((err) =>
        logger.warn(
          { err },
          "can't refresh the catalogue; using the cached one",
        ),
      );
    return current;
  };
  return {
    get,
    title: async (id) => (await get()).titles.find((title) => title.id === id),
  };
}
