import { chooseKeys, keysChosen } from "./player/key-choice.ts";
import { actionOf, type KeyAction } from "./player/keys.ts";
import type { Playback } from "./player/playback.ts";
import { reportProgress } from "./player/progress.ts";
import { createRenewal } from "./player/renewal.ts";
import { attachSource } from "./player/source.ts";

/** The JSON in the page that describes what to play. */
interface PagePlayback extends Playback {
  id: string;
  name: string;
}

const find = <E extends HTMLElement>(id: string) =>
  document.getElementById(id) as E;

const player = find("player");
const video = find<HTMLVideoElement>("video");
const page: PagePlayback = JSON.parse(find("playback").textContent ?? "");
const path = (of: string) => `/${of}/${encodeURIComponent(page.id)}`;

/** Shows one of the page's overlays over the video in place of any other, and moves the focus there. */
function showOverlay(id: string): void {
  if (document.fullscreenElement === video) document.exitFullscreen();
  for (const other of document.querySelectorAll<HTMLElement>(".curtain"))
    other.hidden = true;
  const overlay = find(id);
  overlay.hidden = false;
  video.inert = true;
  overlay.focus();
}

const renewal = createRenewal({
  path: path("playback"),
  first: page,
  onPositionKnown: (position) => placed(position),
  onRefused(why) {
    source.stop();
    video.pause();
    showOverlay(why);
  },
});
const source = attachSource({
  video,
  renewal,
  position: page.position ?? 0,
  onStall: onStall,
});
const placed = reportProgress({
  video,
  path: path("progress"),
  position: page.position,
  goTo: source.goTo,
});
video.play().catch(() => {}); // without autoplay permission, the viewer presses play

// Shown only when playback stalls: with enough buffered data, the viewer notices nothing.
let stalled = false;
function onStall(there: boolean): void {
  stalled = there;
  showStatus();
}
function showStatus(): void {
  const waits = stalled && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  const text = waits ? "Reconnecting…" : "";
  const status = find("status");
  if (status.textContent !== text) status.textContent = text;
}
for (const event of ["waiting", "timeupdate", "playing", "canplay"])
  video.addEventListener(event, showStatus);

video.addEventListener("ended", () => showOverlay("ended"));
find("again").addEventListener("click", (event) => {
  event.preventDefault();
  find("ended").hidden = true;
  video.inert = false;
  video.currentTime = 0;
  video.play().catch(() => {});
  video.focus();
});

// Hides the title after three seconds without input.
let idleTimer: ReturnType<typeof setTimeout> | undefined;
function showControls(): void {
  player.classList.remove("idle");
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => {
    if (!video.paused) player.classList.add("idle");
  }, 3000);
}
for (const event of ["pointermove", "pointerdown", "keydown", "focusin"])
  document.addEventListener(event, showControls);
for (const event of ["play", "pause"])
  video.addEventListener(event, showControls);

const keys = find<HTMLDetailsElement>("keys");
const useKeys = find<HTMLInputElement>("use-keys");
keys.hidden = false;
useKeys.checked = keysChosen();
useKeys.addEventListener("change", () => chooseKeys(useKeys.checked));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && keys.open) {
    keys.open = false;
    keys.querySelector("summary")?.focus();
    return;
  }
  if (!useKeys.checked || event.defaultPrevented || video.inert) return;
  const target = event.target as HTMLElement;
  const control = target.closest("a, button, input, summary");
  const on = control ? "control" : target === video ? "video" : "page";
  const action = actionOf(event, on);
  if (!action) return;
  event.preventDefault();
  act(action);
});

function act(action: KeyAction): void {
  if (action.do === "seek")
    video.currentTime = Math.max(0, video.currentTime + action.by);
  else if (action.do === "volume")
    video.volume = Math.min(1, Math.max(0, video.volume + action.by));
  else if (action.do === "mute") video.muted = !video.muted;
  else if (action.do === "full-screen")
    document.fullscreenElement
      ? document.exitFullscreen()
      : player.requestFullscreen?.();
  else if (video.paused) video.play().catch(() => {});
  else video.pause();
}

// For lock screens and headphone buttons.
if ("mediaSession" in navigator)
  navigator.mediaSession.metadata = new MediaMetadata({
    title: page.name,
    artist: "Marquee",
    artwork: [{ src: video.poster }],
  });
