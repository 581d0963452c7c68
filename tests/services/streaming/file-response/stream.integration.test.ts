import assert from "node:assert/strict";
import { problemOf } from "../../../support/problem.ts";
import { mediaFiles } from "../../../support/streaming/media.ts";
import {
  as,
  newMember,
  playbackOf,
  type TestPlayback,
  type TestUser,
  useStreaming,
} from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";

const video = mediaFiles["metropolis/720p.mp4"] as Buffer;

describe("GET /stream", () => {
  const replicas = useStreaming();
  let member: TestUser;
  let playback: TestPlayback;
  before(async () => {
    member = await newMember(replicas);
    playback = await playbackOf(replicas.first, member);
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    replicas.first.app.request(path, { headers });

  async function isVideo(response: Response) {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "video/mp4");
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(video));
  }

  describe("rejected requests", () => {
    const changed = (name: string, value: string | undefined) => () => {
      const url = new URL(playback.url, "http://localhost");
      if (value === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      return url.pathname + url.search;
    };
    const wrong: [what: string, path: () => string, status: number][] = [
      [
        "rejects a title's URL without a signature",
        () => "/stream/metropolis",
        401,
      ],
      ["rejects /stream without a signature", () => "/stream", 401],
      [
        "rejects a signed URL whose expiry was removed",
        changed("expires", undefined),
        403,
      ],
      [
        "rejects a signed URL whose expiry was changed",
        changed("expires", "99999999999"),
        403,
      ],
      [
        "rejects a signed URL whose viewer was changed",
        changed("viewer", "0198c0de-0000-7000-8000-000000000001"),
        403,
      ],
      [
        "rejects a signed URL whose signature was changed",
        changed("signature", "A".repeat(43)),
        403,
      ],
      [
        "rejects the signature of another title",
        () => playback.url.replace("metropolis", "sunrise"),
        403,
      ],
    ];
    for (const [what, path, status] of wrong)
      it(what, async () => {
        const response = await get(path());
        assert.equal(response.headers.get("cache-control"), "no-store");
        await problemOf(response, status);
      });

    it("returns 403 to a viewer without a subscription", async () => {
      const nonSubscriber = await newUser(replicas.system);
      const response = await replicas.first.app.request(
        "/stream",
        as(nonSubscriber),
      );
      const { detail } = await problemOf(response, 403);
      assert.match(detail, /needs a subscription/);
    });

    it("returns 401 for an invalid access token", async () => {
      const response = await get("/stream", { authorization: "Bearer x" });
      await problemOf(response, 401);
    });
  });

  it("returns the video for a signed URL, from each replica", async () => {
    await isVideo(await get(playback.url));
    await isVideo(await replicas.second.app.request(playback.url));
  });

  it("returns the video for a subscriber's access token", async () => {
    await isVideo(
      await replicas.first.app.request("/stream/metropolis", as(member)),
    );
  });

  it("returns the featured title's video at /stream", async () => {
    await isVideo(await replicas.first.app.request("/stream", as(member)));
    const { search } = new URL(playback.url, "http://localhost");
    await isVideo(await get(`/stream${search}`));
  });

  it("returns byte ranges with the same entity tag from all replicas", async () => {
    const range = "bytes=1000-1999";
    const first = await get(playback.url, { range });
    assert.equal(first.status, 206);
    assert.equal(
      first.headers.get("content-range"),
      `bytes 1000-1999/${video.length}`,
    );
    const etag = first.headers.get("etag") ?? "";
    const second = await replicas.second.app.request(playback.url, {
      headers: { range, "if-range": etag },
    });
    assert.equal(second.status, 206);
    for (const part of [first, second])
      assert.deepEqual(
        Buffer.from(await part.arrayBuffer()),
        video.subarray(1000, 2000),
      );
  });

  it("forbids shared caches to keep the video", async () => {
    const { headers } = await get(playback.url);
    assert.equal(headers.get("cache-control"), "private, max-age=3600");
  });

  it("returns 404 for an unknown title", async () => {
    const path = "/stream/vertigo";
    await problemOf(await replicas.first.app.request(path, as(member)), 404);
  });

  describe("HLS", () => {
    it("signs every URI from the first playlist to the video's bytes", async () => {
      const base = "http://localhost";
      const first = await get(playback.hls);
      assert.equal(first.status, 200);
      assert.equal(
        first.headers.get("content-type"),
        "application/vnd.apple.mpegurl",
      );
      const [variant = ""] = (await first.text()).match(/^720p.*$/m) ?? [];
      const next = new URL(variant, base + playback.hls);
      const second = await get(next.pathname + next.search);
      assert.equal(second.status, 200);
      const text = await second.text();
      const [, map = ""] = /URI="([^"]+)"/.exec(text) ?? [];
      const [media = ""] = text.match(/^720p\.mp4.*$/m) ?? [];
      assert.equal(map, media);
      const file = new URL(media, next);
      const part = await get(file.pathname + file.search, {
        range: "bytes=100-999",
      });
      assert.equal(part.status, 206);
      assert.deepEqual(
        Buffer.from(await part.arrayBuffer()),
        video.subarray(100, 1000),
      );
    });

    it("returns 401 for playlists and video without a signature", async () => {
      for (const file of ["index.m3u8", "720p.m3u8", "720p.mp4"])
        await problemOf(await get(`/stream/metropolis/${file}`), 401);
    });

    for (const file of [
      "poster.jpg",
      "1080p.m3u8",
      "..%2Fcatalogue.json",
      "%2e%2e%2fcatalogue.m3u8",
      ".mp4",
    ])
      it(`returns 404 for ${file}`, async () => {
        const { search } = new URL(playback.url, "http://localhost");
        const path = `/stream/metropolis/${file}${search}`;
        await problemOf(await get(path), 404);
      });
  });
});
