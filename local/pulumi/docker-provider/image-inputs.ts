/** The inputs of docker:index/image:Image after `check`, in the official provider's schema. */
export interface ImageInputs {
  imageName: string;
  build: {
    context: string;
    dockerfile: string;
    platform: string;
    /** Added by `check`, so that a change of content changes the resource. */
    contextDigest: string;
    args?: Record<string, string>;
    target?: string;
    network?: string;
    addHosts?: string[];
    cacheFrom?: { images?: string[] };
    builderVersion?: "BuilderBuildKit" | "BuilderV1";
  };
  registry?: { server?: string; username?: string; password?: string };
  skipPush?: boolean;
  buildOnPreview?: boolean;
}
