/** Largest accepted playlist in bytes: ten hours in two-second segments take 1.5 MiB. */
export const maxPlaylistBytes = 4 * 1024 * 1024;

/**
 * Adds the query of a signed URL to the URIs of an HLS playlist. Players resolve URIs against the playlist's URL and
 * drop its query. Per RFC 8216, 4.1, a line is a tag, a comment or a URI.
 */
export const signPlaylist = (playlist: string, query: string): string =>
  playlist
    .split("\n")
    .map((line) => {
      if (line.startsWith("#"))
        return line.replace(
          /\bURI="([^"]+)"/g,
          (_, uri: string) => `URI="${signUri(uri, query)}"`,
        );
      return line.trim() === "" ? line : signUri(line.trimEnd(), query);
    })
    .join("\n");

/** Signs relative URIs only: other hosts must not see the signature. */
function signUri(uri: string, query: string): string {
  if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(uri)) return uri;
  const [path, fragment] = uri.split("#", 2);
  const joined = `${path}${path?.includes("?") ? "&" : "?"}${query}`;
  return fragment === undefined ? joined : `${joined}#${fragment}`;
}
