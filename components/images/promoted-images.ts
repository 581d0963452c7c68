import * as pulumi from "@pulumi/pulumi";
import { isImage } from "../../config/image-reference.ts";
import { logShipper } from "../../config/images.ts";
import { list } from "../../config/issues.ts";

/**
 * The images that another stack runs.
 * @param stack `marquee:imagesFrom`
 * @param names of the images that this stack needs
 * @throws pulumi.RunError in an update, if that stack lacks one; in a preview, a warning
 */
export async function promotedImages(
  stack: string,
  names: string[],
): Promise<Record<string, pulumi.Input<string>>> {
  const name = fullName(stack);
  if (name === fullName(pulumi.getStack()))
    throw new pulumi.RunError(
      `marquee:imagesFrom is "${stack}", which is this stack itself: it would run the same images forever. Name another stack, or remove the key (\`pulumi config rm imagesFrom\`). Nothing was changed.`,
    );
  const { images, issue } = await readImages(stack, name, names);
  if (!issue) return images as Record<string, string>;
  const text = `marquee:imagesFrom is "${stack}", and ${issue}.`;
  if (!pulumi.runtime.isDryRun())
    throw new pulumi.RunError(`${text} Nothing was changed.`);
  await pulumi.log.warn(
    `This preview ignores these images, and \`pulumi up\` will fail: ${text}`,
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      isImage(images[name]) ? images[name] : pulumi.unknown,
    ]),
  ) as Record<string, pulumi.Input<string>>;
}

/** The images among a stack's outputs, and the issue if one is missing. */
async function readImages(
  stack: string,
  name: string,
  names: string[],
): Promise<{ images: Record<string, unknown>; issue?: string }> {
  let images: Record<string, unknown>;
  try {
    images = (await readOutputs(name)).images ?? {};
  } catch (error) {
    return {
      images: {},
      issue: `its outputs can't be read (${(error as Error).message}). \`pulumi stack ls\` lists the existing stacks`,
    };
  }
  const missing = names.filter((name) => !isImage(images[name]));
  if (missing.length === 0) return { images };
  return {
    images,
    issue: `that stack runs no image of ${list(missing)}. Deploy it with one (\`pulumi up --stack ${stack}\`), or set ${list(missing.map(keyOf))}`,
  };
}

/** The key that names an image. */
const keyOf = (name: string) =>
  name === logShipper
    ? "marquee:logShipperImage"
    : `marquee:services.${name}.image`;

/** A name alone is a stack of this project, as in `pulumi stack select`. */
const fullName = (stack: string) =>
  stack.includes("/")
    ? stack
    : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;

/**
 * Reads another stack's outputs like a StackReference, but without a resource: every update would refresh that
 * resource, and fail once the other stack was removed.
 */
async function readOutputs(
  name: string,
): Promise<Record<string, Record<string, unknown>>> {
  const { outputs } = await pulumi.runtime.invoke(
    "pulumi:pulumi:readStackOutputs",
    { name },
  );
  return outputs;
}
