const url = document.getElementById("waiting")?.dataset.url ?? location.href;
const startedAt = Date.now();

/** Milliseconds after which the page says that it takes longer than usual. */
const longMs = 20_000;

/** Polls for an outcome and goes to it. */
async function poll(): Promise<void> {
  try {
    const { status, type } = await fetch(url, { redirect: "manual" });
    if (type === "opaqueredirect" || (status !== 202 && status < 500))
      return location.replace(url);
  } catch {
    // Network error: poll again.
  }
  const longer = document.getElementById("longer");
  if (longer && Date.now() - startedAt > longMs && longer.textContent === "")
    longer.textContent = longer.dataset.text ?? "";
  setTimeout(poll, Date.now() - startedAt > longMs ? 5000 : 1000);
}
setTimeout(poll, 1000);
