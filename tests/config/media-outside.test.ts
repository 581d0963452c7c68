import assert from "node:assert/strict";
import { mediaVolumes } from "../../components/media-volumes.ts";
import { mediaEgressPorts, mediaVariables } from "../../config/media.ts";

const bucket = "films";

describe("mediaVariables", () => {
  const amazon = "https://s3.us-east-1.amazonaws.com";
  const rows: [settings: object, variables: object][] = [
    [{}, {}],
    [{ volumeClaim: "films" }, { MEDIA_FOLDER: "/media" }],
    [
      { bucket },
      { S3_BUCKET: bucket, S3_REGION: "us-east-1", S3_ENDPOINT: amazon },
    ],
    [
      { bucket, region: "eu-central-1" },
      {
        S3_BUCKET: bucket,
        S3_REGION: "eu-central-1",
        S3_ENDPOINT: "https://s3.eu-central-1.amazonaws.com",
      },
    ],
    [
      { bucket, endpoint: "http://minio:9000", prefix: "hd/" },
      {
        S3_BUCKET: bucket,
        S3_REGION: "us-east-1",
        S3_ENDPOINT: "http://minio:9000",
        S3_PREFIX: "hd/",
      },
    ],
  ];
  for (const [settings, variables] of rows)
    it(`maps ${JSON.stringify(settings)} to ${Object.keys(variables).join(", ") || "no variables"}`, () => {
      assert.deepEqual(mediaVariables(settings), variables);
    });
});

describe("mediaEgressPorts", () => {
  const rows: [settings: object, ports: number[]][] = [
    [{}, []],
    [{ volumeClaim: "films" }, []],
    [{ bucket }, [443]],
    [{ bucket, region: "eu-central-1" }, [443]],
    [{ bucket, endpoint: "https://minio.example.com" }, [443]],
    [{ bucket, endpoint: "https://minio.example.com:443/" }, [443]],
    [{ bucket, endpoint: "http://minio" }, [80]],
    [{ bucket, endpoint: "http://minio/" }, [80]],
    [{ bucket, endpoint: "http://minio:080" }, [80]],
    [{ bucket, endpoint: "http://minio:443" }, [443]],
    [{ bucket, endpoint: "https://minio:80" }, [80]],
    [{ bucket, endpoint: "https://[2001:db8::1]:9000" }, [9000]],
  ];
  for (const [settings, ports] of rows)
    it(`returns [${ports}] for ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(mediaEgressPorts(settings), ports);
    });
});

describe("mediaVolumes", () => {
  for (const settings of [{}, { bucket }])
    it(`returns no volumes for ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(mediaVolumes(settings), []);
    });

  it("mounts the claim read-only in the folder that MEDIA_FOLDER names", () => {
    const settings = { volumeClaim: "films" };
    assert.deepEqual(mediaVolumes(settings), [
      {
        volume: {
          name: "media",
          persistentVolumeClaim: { claimName: "films", readOnly: true },
        },
        mount: {
          name: "media",
          mountPath: mediaVariables(settings).MEDIA_FOLDER,
          readOnly: true,
        },
      },
    ]);
  });
});
