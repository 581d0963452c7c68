import { createReports, type Reports } from "./reports.ts";

/** Seconds between two reports while it plays. */
const every = 10;

/** Seconds of the beginning from which one is still taken to where one was, when that becomes known. */
const early = 60;

export interface ProgressOptions {
  video: HTMLVideoElement;
  /** PUT { position } to it. */
  path: string;
  /** Where the video begins, in seconds; null while it is not known where the viewer was: then, it is at 0. */
  position: number | null;
  /** Takes the video to a place, in seconds. */
  goTo(position: number): void;
  /** @default the browser's */
  fetch?: typeof fetch;
}

/**
 * Tells the server where the viewer is: every ten seconds, when it pauses, after a seek, at the end, and when the page goes away.
 * Where nothing was played and nobody sought, nobody has been: nothing is told. Nor is it while it is not known where the viewer
 * was, and they have not sought: it would overwrite that.
 * @returns what to call when it becomes known where the viewer was, in seconds. Who is at the beginning without having chosen
 * that is taken there.
 */
export function reportProgress(
  options: ProgressOptions,
): (position: number) => void {
  const { video, path, goTo, fetch } = options;
  /** Where the video is without anybody having sought, in seconds. */
  let place = options.position ?? 0;
  /** Of the last report. */
  let told = place;
  let sought = false;
  let reports: Reports | undefined;
  if (options.position !== null)
    reports = createReports(path, options.position, fetch);

  // Without its beginning loaded, as while a source is loaded again, it is nowhere.
  const somewhere = () =>
    video.readyState > 0 && (sought || video.played.length > 0);

  function report(): void {
    if (!reports || !somewhere()) return;
    told = video.currentTime;
    reports.add(Math.round(told * 10) / 10);
  }
  function leave(): void {
    report();
    reports?.flush();
  }

  video.addEventListener("timeupdate", () => {
    if (video.paused || video.seeking || !somewhere()) return;
    place = video.currentTime;
    if (Math.abs(place - told) >= every) report();
  });
  video.addEventListener("seeking", () => {
    // The player itself goes to where it is to begin, or went on before; and over holes of a moment.
    if (Math.abs(video.currentTime - place) <= 1) return;
    sought = true;
    reports ??= createReports(path, undefined, fetch);
  });
  video.addEventListener("emptied", () => {
    sought = false;
  });
  for (const event of ["pause", "seeked", "ended"])
    video.addEventListener(event, report);
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });

  return (position) => {
    if (reports) return;
    reports = createReports(path, position, fetch);
    if (video.currentTime > early || video.currentTime >= position) return;
    place = position;
    told = position;
    goTo(position);
  };
}
