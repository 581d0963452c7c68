import { type MediaSettings, mediaFolder } from "../config/media.ts";
import type { PodVolume } from "./microservice/pod-volume.ts";

/** The volume with the titles, if they are in a PersistentVolumeClaim. */
export const mediaVolumes = ({ volumeClaim }: MediaSettings): PodVolume[] =>
  volumeClaim === undefined
    ? []
    : [
        {
          volume: {
            name: "media",
            persistentVolumeClaim: { claimName: volumeClaim, readOnly: true },
          },
          mount: { name: "media", mountPath: mediaFolder, readOnly: true },
        },
      ];
