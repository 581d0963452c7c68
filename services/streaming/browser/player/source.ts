import Hls, { type ErrorData } from "hls.js/light"; // the build without subtitles, DRM and alternate audio
import { backoff, chooseSource, withQueryOf } from "./playback.ts";
import type { Renewal } from "./renewal.ts";

/** Counts failures and retries. */
interface Recovery {
  /** Call it when data has arrived. */
  recovered(): void;
  /**
   * Waits with backoff, renews the URLs if needed, then calls `reload`. Does nothing while a recovery is in progress.
   */
  recover(reload: () => void, refused: boolean): Promise<void>;
}

export interface SourceOptions {
  video: HTMLVideoElement;
  renewal: Renewal;
  /** Start position in seconds. */
  position: number;
  /** Called with true when playback stalls or loading fails, and with false when data arrives again. */
  onStall(there: boolean): void;
}

export interface Source {
  /** Seeks to a position in seconds, now or as soon as something is loaded. */
  goTo(position: number): void;
  stop(): void;
}

/** How long the video may wait for data before its source is reloaded. */
const stallMs = 15_000;

/**
 * Attaches a title to the video. After a failure (a restarted server, an expired URL) playback continues from the same
 * position.
 */
export function attachSource(options: SourceOptions): Source {
  const kind = chooseSource({
    mediaSources: Hls.isSupported(),
    nativeHls:
      options.video.canPlayType("application/vnd.apple.mpegurl") !== "",
  });
  const recovery = createRecovery(options);
  return kind === "hls.js"
    ? attachHls(options, recovery)
    : attachUrl(options, recovery, kind === "native" ? "hls" : "url");
}

function createRecovery({ renewal, onStall }: SourceOptions): Recovery {
  let failures = 0;
  let recovering = false;
  return {
    recovered() {
      failures = 0;
      onStall(false);
    },
    async recover(reload, refused) {
      if (recovering) return;
      recovering = true;
      onStall(true);
      await waitUnlessOnline(backoff(failures));
      // If a retry fails too, the URLs may be the reason.
      if (refused || failures > 0 || renewal.expired()) await renewal.renew();
      failures += 1;
      recovering = false;
      reload();
    },
  };
}

/** Waits, but no longer than until the network is back. */
const waitUnlessOnline = (ms: number) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });

function attachHls(
  { video, renewal, position, onStall }: SourceOptions,
  { recover, recovered }: Recovery,
): Source {
  let startAt = position;
  const hls = new Hls({
    enableWorker: false, // the Content-Security-Policy forbids workers from blob: URLs
    startPosition: position,
    capLevelToPlayerSize: true,
    // In seconds: bridges a server restart without downloading a film that is not watched.
    maxBufferLength: 30,
    maxMaxBufferLength: 60,
    backBufferLength: 60,
    xhrSetup: (xhr, url) =>
      xhr.open("GET", withQueryOf(url, renewal.latest().hls, location.href)),
  });
  let stopped = false;
  const load = () => {
    if (stopped) return;
    if (hls.levels.length === 0) hls.loadSource(renewal.latest().hls);
    // Buffered data keeps playing meanwhile.
    else hls.startLoad(video.currentTime > 0 ? video.currentTime : startAt);
  };
  hls.on(Hls.Events.ERROR, (_event, { fatal, type, response }: ErrorData) => {
    if (type === Hls.ErrorTypes.NETWORK_ERROR) onStall(true);
    if (!fatal) return; // hls.js retries by itself
    const refused = response?.code === 401 || response?.code === 403;
    if (type === Hls.ErrorTypes.MEDIA_ERROR)
      recover(() => !stopped && hls.recoverMediaError(), false);
    else recover(load, refused);
  });
  hls.on(Hls.Events.FRAG_LOADED, recovered);
  hls.loadSource(renewal.latest().hls);
  hls.attachMedia(video);
  return {
    goTo(to) {
      startAt = to;
      video.currentTime = to;
    },
    stop() {
      stopped = true;
      hls.stopLoad();
    },
  };
}

function attachUrl(
  { video, renewal, position }: SourceOptions,
  { recover, recovered }: Recovery,
  which: "hls" | "url",
): Source {
  let at = position;
  let playing = false;
  let stopped = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const load = () => {
    if (stopped) return;
    video.src = renewal.latest()[which];
    video.addEventListener(
      "loadedmetadata",
      () => {
        video.currentTime = at;
      },
      { once: true },
    );
    if (playing) video.play().catch(() => {});
  };
  const reload = () => {
    clearTimeout(waiting);
    if (!stopped) recover(load, false);
  };
  const watch = (event: string, handler: () => void) =>
    video.addEventListener(event, handler);

  watch("timeupdate", () => {
    clearTimeout(waiting);
    // While a source is loading, currentTime is 0 for a moment.
    if (video.readyState < 2 || video.seeking) return;
    at = video.currentTime;
    recovered();
  });
  watch("play", () => {
    playing = true;
  });
  watch("pause", () => {
    if (!video.error) playing = false;
  });
  watch("waiting", () => {
    clearTimeout(waiting);
    waiting = setTimeout(reload, stallMs);
  });
  watch("error", reload);
  load();
  return {
    goTo(to) {
      at = to;
      video.currentTime = to;
    },
    stop() {
      stopped = true;
      clearTimeout(waiting);
    },
  };
}
