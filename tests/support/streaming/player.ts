import assert from "node:assert/strict";
import { mock } from "node:test";
import { reportProgress } from "../../../services/streaming/browser/player/progress.ts";

/** The parts of a video element that the player uses: it plays, seeks, and reloads its source. */
export class Video extends EventTarget {
  readyState = 1;
  paused = true;
  seeking = false;
  played = { length: 0 };
  #time = 0;

  get currentTime(): number {
    return this.#time;
  }
  /** As in a browser, the time changes at once, and "timeupdate" comes before "seeked". */
  set currentTime(to: number) {
    this.#time = to;
    this.seeking = true;
    this.#tell("seeking");
    this.seeking = false;
    this.#tell("timeupdate");
    this.#tell("seeked");
  }
  playTo(to: number): void {
    this.paused = false;
    for (; this.#time < to; this.#time = Math.min(to, this.#time + 0.25)) {
      this.played = { length: 1 };
      this.#tell("timeupdate");
    }
    this.#tell("timeupdate");
  }
  pause(): void {
    this.paused = true;
    this.#tell("pause");
  }
  /** Reloads the source: nothing of the new one has been played. */
  empty(): void {
    this.#time = 0;
    this.readyState = 0;
    this.played = { length: 0 };
    this.#tell("emptied");
  }
  #tell(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}

export type Answer = () => Response | Promise<Response>;

/**
 * Gives the calling suite a page with a video, and a server that receives progress reports. Time advances only by
 * pass().
 */
export function usePlayer() {
  const { addEventListener } = globalThis;
  let page: EventTarget;
  let document: EventTarget & { visibilityState: string };

  const player = {
    video: new Video(),
    /** Positions sent, in seconds. */
    sent: [] as number[],
    /** The server's next answers. */
    answer: (() => new Response(null, { status: 204 })) as Answer,

    /** Opens the page; `position` is where the viewer was. */
    open: (position: number | null) =>
      reportProgress({
        video: player.video as unknown as HTMLVideoElement,
        path: "/progress/x",
        position,
        goTo: (to) => {
          player.video.currentTime = to;
        },
        fetch: async (path, init) => {
          assert.equal(path, "/progress/x");
          assert.equal(init?.method, "PUT");
          assert.equal(init?.keepalive, true);
          player.sent.push(JSON.parse(`${init?.body}`).position);
          const aborted = new Promise<never>((_, reject) =>
            init?.signal?.addEventListener("abort", reject),
          );
          return Promise.race([player.answer(), aborted]);
        },
      }),
    close: () => page.dispatchEvent(new Event("pagehide")),
    hide() {
      document.visibilityState = "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
    },
    answered: () => new Promise(setImmediate),
    /** Advances the clock second by second. */
    async pass(seconds: number): Promise<void> {
      for (let i = 0; i < seconds; i++) {
        mock.timers.tick(1000);
        await player.answered();
      }
    },
  };

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    page = new EventTarget();
    document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
      document,
    });
    player.video = new Video();
    player.sent = [];
    player.answer = () => new Response(null, { status: 204 });
  });
  afterEach(() => {
    mock.timers.reset();
    Object.assign(globalThis, { addEventListener });
    Reflect.deleteProperty(globalThis, "document");
  });
  return player;
}
