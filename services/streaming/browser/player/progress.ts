import { createReports, type Reports } from "./reports.ts";

/** Seconds between two reports during playback. */
const reportSeconds = 10;

/** When the saved position arrives late, the player still jumps to it if it has played no longer than this. */
const earlySeconds = 60;

export interface ProgressOptions {
  video: HTMLVideoElement;
  /** URL to PUT { position } to. */
  path: string;
  /** Start position in seconds; null if the saved position is unknown, and the video starts at 0. */
  position: number | null;
  /** Seeks the video, in seconds. */
  goTo(position: number): void;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
}

/**
 * Reports the viewer's position to the server: every ten seconds, on pause, after a seek, at the end and when the page
 * is left. Reports nothing until something was played or sought, or while the saved position is unknown (it would be
 * overwritten), unless the viewer seeks.
 * @returns function to call once the saved position is known, in seconds. It jumps there if the viewer is still at the
 *   beginning and has not sought.
 */
export function reportProgress(
  options: ProgressOptions,
): (position: number) => void {
  const { video, path, goTo, fetch } = options;
  /** The position reached by playing, without the viewer's seeks, in seconds. */
  let playedTo = options.position ?? 0;
  /** Position of the last report. */
  let reportedPosition = playedTo;
  let sought = false;
  let reports: Reports | undefined;
  if (options.position !== null)
    reports = createReports(path, options.position, fetch);

  // While a source is being reloaded, the video has no position.
  const hasPosition = () =>
    video.readyState > 0 && (sought || video.played.length > 0);

  function report(): void {
    if (!reports || !hasPosition()) return;
    reportedPosition = video.currentTime;
    reports.add(Math.round(reportedPosition * 10) / 10);
  }
  function leave(): void {
    report();
    reports?.flush();
  }

  video.addEventListener("timeupdate", () => {
    if (video.paused || video.seeking || !hasPosition()) return;
    playedTo = video.currentTime;
    if (Math.abs(playedTo - reportedPosition) >= reportSeconds) report();
  });
  video.addEventListener("seeking", () => {
    // Ignores seeks by the player itself: to the start position, after a reload, and over short gaps.
    if (Math.abs(video.currentTime - playedTo) <= 1) return;
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
    if (video.currentTime > earlySeconds || video.currentTime >= position)
      return;
    playedTo = position;
    reportedPosition = position;
    goTo(position);
  };
}
