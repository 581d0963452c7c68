/**
 * The build of hls.js without subtitles, DRM and alternate audio: half as large. The package has types for the full
 * build only.
 */
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
