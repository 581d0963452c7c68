import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import * as debian from "../../../local/host/debian-packages.ts";
import { sources, type TestTool } from "../test-tool.ts";

/** Paths of browsers on Debian, Fedora and macOS. */
const programs = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const find = () => programs.find((path) => existsSync(path));

/** Debian's build plays H.264 and AAC, which upstream Chromium does not. */
const packages = ["chromium", "fonts-dejavu-core"];

export const chromium: TestTool = {
  name: packages.join(" and "),
  source: sources.installed,
  reason: "to open the pages in a browser",
  isReady: () => find() !== undefined,
};

/** Finds Chromium, or installs it where allowed. */
async function ensureChromium(): Promise<string> {
  if (!find() && debian.canInstall())
    await debian.install(packages, chromium.reason);
  const program = find();
  if (program) return program;
  throw new Error(
    `There is no browser at ${programs.join(", ")}: install Chromium or Chrome.`,
  );
}

/** Starts a headless browser that lets pages play without a user gesture. */
export const startChromium = async (): Promise<Browser> =>
  puppeteer.launch({
    executablePath: await ensureChromium(),
    args: [
      // Chromium has no sandbox for root; tests open only our own pages.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--autoplay-policy=no-user-gesture-required",
      "--mute-audio",
    ],
  });

/** Viewport sizes of the pages under test. */
export const sizes = {
  phone: {
    width: 390,
    height: 844,
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
  desktop: { width: 1440, height: 900 },
} as const;

/** Folder of the screenshots, for people to look at. */
const screenshots =
  process.env.MARQUEE_SCREENSHOTS ?? join(tmpdir(), "marquee-screenshots");

/** Takes a screenshot of a page; the file is called `name`. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  const path = join(screenshots, `${name}.png`);
  await page.screenshot({ path: path as `${string}.png` });
}
