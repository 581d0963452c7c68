/**
 * The build of hls.js without subtitles, DRM and alternate audio: half as large. Its package has types for the whole
 * alone.
 */
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
