const started = Date.now();

/** Formats a duration, such as "8 s" or "3 min 20 s". */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Prints a line of progress to standard error. Standard output is for results, which a shell may read. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The time since this program started, such as "3 min 20 s". */
export const elapsed = () => duration(Date.now() - started);

/**
 * Runs a step of the work and reports it: after one second, then every ten seconds with the last status, and at the end
 * with the duration.
 * @param note printed once, with the first report
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
        ? `  … ${title}: ${status || "in progress"} (${duration(Date.now() - begin)})`
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
