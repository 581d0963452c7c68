/** A Docker context, and the digest that the official provider computes for it. */
export interface Vector {
  title: string;
  /** Contents by path. Files have mode 644, folders 755, unless `modes` says otherwise. */
  files: Record<string, string>;
  modes?: Record<string, number>;
  /** Targets of symbolic links, by path. */
  links?: Record<string, string>;
  digest: string;
}

const Dockerfile = "FROM scratch\nCOPY . .\n";

/** A tree in which each pattern below matches something, and something else doesn't. */
const tree = {
  Dockerfile,
  "a.txt": "1",
  "app/a.txt": "2",
  "app/foo": "3",
  "app/lib/foo": "4",
  "app/lib/foo.js": "5",
  "foo/a.js": "6",
  "foo/lib/a.js": "7",
  "foobar/b": "8",
  xfoo: "9",
};

const ignoring = (...lines: string[]) => ({
  ...tree,
  ".dockerignore": lines.join("\n"),
});

/**
 * Digests printed by a copy of hashContext from github.com/pulumi/pulumi-docker (provider/provider.go, at a commit
 * before 5.2.0, whose source could not be obtained), with github.com/tonistiigi/fsutil
 * v0.0.0-20230825212630-f09800878302 and github.com/moby/patternmatcher v0.6.0, for context `context` and Dockerfile
 * `context/Dockerfile`.
 */
export const vectors: Vector[] = [
  {
    title: "files with different modes",
    files: { Dockerfile, "app/run.sh": "exit 0\n", "app/data": "" },
    modes: { "app/run.sh": 0o755, "app/data": 0o1600 },
    digest: "693e8ab531922a310f7cb064bd790d924f34a44edaf57a5b520b5cf782e66335",
  },
  {
    title: "set-user-ID and set-group-ID modes",
    files: { Dockerfile, su: "1", sg: "2", both: "3" },
    modes: { su: 0o4755, sg: 0o2755, both: 0o6711 },
    digest: "f4f58cf4bbe70330622fe1e7bf1f8357318145360edf9adf1643f51429f39b3c",
  },
  {
    title: "names that sort differently as paths, bytes and UTF-16",
    files: {
      ...{ Dockerfile, "a/b": "1", "a.txt": "2", "a-b": "3", Z: "4", é: "5" },
      ...{ "\u{ff5e}": "6", "\u{1f600}": "7" },
    },
    digest: "667c6b615a5e01354e4488327b281d2b5e9bba36e0b61842bcc58aa13010d89b",
  },
  {
    title: "links to a file, a folder, an absolute path and out of the context",
    files: { Dockerfile, "app/v2/main.js": "1", "../outside": "2" },
    links: {
      current: "app/v2",
      "app/main.js": "../current/main.js",
      root: "/",
      outside: "../outside",
    },
    digest: "2adea9b8902621cf8b77143dd996a5e2b29df353ec4e7b3a1c0c8dab26a9ed63",
  },
  {
    title: "a link without a target, which ends its folder",
    files: { Dockerfile, "app/a": "1", "app/z": "2", z: "3" },
    links: { "app/m": "nowhere" },
    digest: "9a26704f495eca82393dfcbb851ff8df355940d56a03813532031b1b3c1fd462",
  },
  {
    title: "a link through a file, which ends its folder",
    files: { Dockerfile, "app/a": "1", "app/z": "2" },
    links: { "app/m": "a/../z" },
    digest: "a96b023c95aa79d02c4e4687ffddf02d55e267a2a99dfa091399ddfb7841c10d",
  },
  ...(
    [
      [
        ["app"],
        "14367a14591203f31123aceb3adafc0edd88f6782b97220a407e94b2263d978b",
      ],
      [
        ["# comment", "", " /app/lib/ ", "a.txt\r"],
        "eeab3c35e5ab8e904ac63297577c6d81df32a15c2c49e835cfb1e66de3440483",
      ],
      [
        ["\uFEFFa.txt"],
        "5248bb47ace5ab86e4bfb77f17cd5fb633b3257a122cf8fe7e635f24eb956119",
      ],
      [
        ["*"],
        "b33e93a67f7f77d8ecb6ab017a8cb10d610db8e3258844296dc41332b9a390a1",
      ],
      [
        ["*", "!app/lib", "!a.txt"],
        "a7acf39278e7713a3f31c085f6f9953d217a1687b4693a02bfb8f97108f2e543",
      ],
      [
        ["app", "!app/lib/foo"],
        "f2df587f406c5ef2f6a0b6d80a72252fad207a500e1e7dcaa080317619547a5b",
      ],
      [
        ["!app/lib/foo", "app"],
        "b9a24d139c7f6d3cd61fffb5be75a07a3620778d0a5bcb39b0af67a4334a5020",
      ],
      [
        ["app", "!app/lib", "app/lib/foo.js"],
        "c3f45f013712ac4b5e57afd5336b31741bfdd2496d38629718bacd4148df0cee",
      ],
      [
        ["*/foo"],
        "b895230389358aded512b6f2a931a0a6f80c65767e7df06a55ced54d714b1229",
      ],
      [
        ["**/foo"],
        "ca1e85528b3046aaa153a01ed3b0263f2f1ebe690c82ccd98cac5a7ef7c6a8f1",
      ],
      [
        ["**foo"],
        "c1e61c8b607c053b447a885a541b96e604cd464f3ea6c061a1e9ecc37e9f696a",
      ],
      [
        ["foo**"],
        "60aa483c3c000cec3b572e22d5be7935d5227f0cb533d6d17b2793844e7d4edf",
      ],
      [
        ["foo/**"],
        "9a81c3f94b1bde67be47b7a4f6e2fe7c72df793524feb7b2da6097423f00efb8",
      ],
      [
        ["foo/**", "!foo/*/a.js"],
        "d02e32768d22c5d899ea6e61c8439d65e76f6e8d470d83a89b7c53a5dbefb792",
      ],
      [
        ["**/*.js"],
        "e17eb6121d56baec2c42cbcba7ae426640c23cde9165b6a62a8278be0627d607",
      ],
      [
        ["app/**/foo"],
        "07ad5d694518b5979352d8d6fafe21d68fcb86c57476889928340342247e5faa",
      ],
      [
        ["?.txt"],
        "322e05ee1962d8917b274b7e5020d9db6a0b481957c4bea2c04bfc5b86ce6b13",
      ],
      [
        ["[a-f]oo", "fo[^a]/*"],
        "1ff6f6074dcd1c9ed85ba62c549745be4ea58a3833c0309ed03bbe02a791ffce",
      ],
      [
        ["a\\.txt", "f(o", "fo+"],
        "7bc26d961c1d2218c7373c5b351a3d424aae818273cfd1f132bcc5944100c665",
      ],
      [
        ["./app/../foo"],
        "993e17ba8727b0ed70d5419072f3fa0f241734ac1df611f15d629a20866b66b1",
      ],
      [
        ["app/*", "!**/foo"],
        "80628df63d08eb714c4a6cb69e6f5e054c2776c9f510e130e00e72a70593d241",
      ],
      [
        ["Dockerfile", ".dockerignore"],
        "f428d433a8ce1ee71f119e8a489a5d389b43a6cdcd09c88e6499edbbb9ab8912",
      ],
    ] as [string[], string][]
  ).map(([lines, digest]) => ({
    title: `.dockerignore ${JSON.stringify(lines)}`,
    files: ignoring(...lines),
    digest,
  })),
  {
    title: "a Dockerfile's own .dockerignore, which takes precedence",
    files: { ...ignoring("foo"), "Dockerfile.dockerignore": "app\n" },
    digest: "c725f06e921feea63c1b29ee52940a0906c345e325098526badcc830e868ef03",
  },
];
