import Hls, { type ErrorData } from "hls.js/light"; // plays HLS where browsers can't; the light build
import { backoff, chooseSource, withQueryOf } from "./playback.ts";
import type { Renewal } from "./renewal.ts";

/** Counts what goes wrong, and sees to it that it is tried again. */
interface Recovery {
  /** Data has come: all is well again. */
  well(): void;
  /** Waits, sees to good URLs, and then does it; while that is under way, others are not begun. */
  recover(reload: () => void, refused: boolean): Promise<void>;
}

export interface SourceOptions {
  video: HTMLVideoElement;
  renewal: Renewal;
  /** Where to begin, in seconds. */
  position: number;
  /** Called when trouble begins, and when it is over. */
  trouble(there: boolean): void;
}

export interface Source {
  /** Goes to a place, in seconds, now or as soon as there is something loaded. */
  goTo(position: number): void;
  stop(): void;
}

/** Milliseconds that the video may wait for data before its source is loaded again. */
const patience = 15_000;

/** Gives the video what it plays. When that breaks off (a server that ends, an expired URL), it goes on from there. */
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

function createRecovery({ renewal, trouble }: SourceOptions): Recovery {
  let failures = 0;
  let under = false;
  return {
    well() {
      failures = 0;
      trouble(false);
    },
    async recover(reload, refused) {
      if (under) return;
      under = true;
      trouble(true);
      await pause(backoff(failures));
      // A second time, the URLs may be what is wrong.
      if (refused || failures > 0 || renewal.expired()) await renewal.renew();
      failures += 1;
      under = false;
      reload();
    },
  };
}

/** Waits, but not longer than the network is away. */
const pause = (ms: number) =>
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
  { video, renewal, position, trouble }: SourceOptions,
  { recover, well }: Recovery,
): Source {
  let begin = position;
  const hls = new Hls({
    enableWorker: false, // workers from blob: URLs are nothing that the Content-Security-Policy has
    startPosition: position,
    capLevelToPlayerSize: true,
    // Seconds: enough to get over a server that ends, and not a film that nobody watches.
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
    // What is buffered plays on meanwhile.
    else hls.startLoad(video.currentTime > 0 ? video.currentTime : begin);
  };
  hls.on(Hls.Events.ERROR, (_event, { fatal, type, response }: ErrorData) => {
    if (type === Hls.ErrorTypes.NETWORK_ERROR) trouble(true);
    if (!fatal) return; // hls.js tries again by itself
    const refused = response?.code === 401 || response?.code === 403;
    if (type === Hls.ErrorTypes.MEDIA_ERROR)
      recover(() => !stopped && hls.recoverMediaError(), false);
    else recover(load, refused);
  });
  hls.on(Hls.Events.FRAG_LOADED, well);
  hls.loadSource(renewal.latest().hls);
  hls.attachMedia(video);
  return {
    goTo(to) {
      begin = to;
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
  { recover, well }: Recovery,
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
  const broken = () => {
    clearTimeout(waiting);
    if (!stopped) recover(load, false);
  };
  const watch = (event: string, handler: () => void) =>
    video.addEventListener(event, handler);

  watch("timeupdate", () => {
    clearTimeout(waiting);
    // While a source is loaded, the time is 0 for a moment.
    if (video.readyState < 2 || video.seeking) return;
    at = video.currentTime;
    well();
  });
  watch("play", () => {
    playing = true;
  });
  watch("pause", () => {
    if (!video.error) playing = false;
  });
  watch("waiting", () => {
    clearTimeout(waiting);
    waiting = setTimeout(broken, patience);
  });
  watch("error", broken);
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
