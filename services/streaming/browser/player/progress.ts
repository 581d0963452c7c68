/** Seconds between two reports while it plays. */
const every = 10;

/**
 * Tells the server where the viewer is: every ten seconds, when it pauses, after a seek, at the end, and when the page goes away.
 * A report that doesn't arrive is not missed: the next one has the newer place.
 * @param path PUT { position } to it
 */
export function reportProgress(video: HTMLVideoElement, path: string): void {
  let reported = -1; // seconds

  function report(leaving = false): void {
    const position = Math.round(video.currentTime * 10) / 10;
    // Without its beginning loaded, 0 is no place where somebody has been.
    if (video.readyState === 0 || position === reported) return;
    reported = position;
    fetch(path, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ position }),
      keepalive: leaving, // outlives the page
    }).catch(() => {});
  }

  video.addEventListener("timeupdate", () => {
    if (!video.paused && Math.abs(video.currentTime - reported) >= every)
      report();
  });
  for (const event of ["pause", "seeked", "ended"])
    video.addEventListener(event, () => report());
  addEventListener("pagehide", () => report(true));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") report(true);
  });
}
