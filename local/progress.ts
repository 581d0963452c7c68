const started = Date.now();

/** Seconds as people say them: "8 s", "3 min 20 s". */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Prints a line on standard error, which is where progress goes: standard output is for what a shell reads. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Since this program started, in words. */
export const elapsed = () => duration(Date.now() - started);

/**
 * Does one part of the work and says so: at its start when it takes over a second, every ten seconds while it lives
 * (with what it last reported), and at its end with the time it took.
 * @param note said once, at the start
 */
export async function step<T>(
  title: string,
  work: (report: (status: string) => void) => Promise<T>,
  note?: string,
): Promise<T> {
  const begin = Date.now();
  let status = "";
  let announced = false;
  const announce = () => {
    say(
      announced
        ? `  … ${title}: ${status || "still at it"} (${duration(Date.now() - begin)})`
        : `▸ ${title}${note ? ` (${note})` : ""}${status ? `: ${status}` : ""}`,
    );
    announced = true;
  };
  const first = setTimeout(announce, 1_000);
  const ticks = setInterval(announce, 10_000);
  try {
    const result = await work((text) => {
      status = text;
    });
    say(`✓ ${title} (${duration(Date.now() - begin)})`);
    return result;
  } catch (error) {
    say(`✗ ${title} (${duration(Date.now() - begin)})`);
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(ticks);
  }
}
