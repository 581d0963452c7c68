/** Bytes that a playlist has at most: one of ten hours in segments of two seconds has 1.5 MiB. */
export const largestPlaylist = 4 * 1024 * 1024;

/**
 * An HLS playlist whose URIs have the query of a signed URL, so that what it names can be got by who got it: players resolve URIs
 * against the playlist's, and drop its query. RFC 8216, 4.1: a line is a tag, a comment, or a URI.
 */
export const withQuery = (playlist: string, query: string): string =>
  playlist
    .split("\n")
    .map((line) => {
      if (line.startsWith("#"))
        return line.replace(
          /\bURI="([^"]+)"/g,
          (_, uri: string) => `URI="${signed(uri, query)}"`,
        );
      return line.trim() === "" ? line : signed(line.trimEnd(), query);
    })
    .join("\n");

/** Only what is beside the playlist: a URI on another host is none of ours. */
function signed(uri: string, query: string): string {
  if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(uri)) return uri;
  const [path, fragment] = uri.split("#", 2);
  const joined = `${path}${path?.includes("?") ? "&" : "?"}${query}`;
  return fragment === undefined ? joined : `${joined}#${fragment}`;
}
