const url = document.getElementById("waiting")?.dataset.url ?? location.href;
const began = Date.now();

/** Milliseconds after which the page says that it takes longer than usual. */
const long = 20_000;

/** Polls for an outcome and goes to it. */
async function look(): Promise<void> {
  try {
    const { status, type } = await fetch(url, { redirect: "manual" });
    if (type === "opaqueredirect" || (status !== 202 && status < 500))
      return location.replace(url);
  } catch {
    // Network error: poll again.
  }
  const longer = document.getElementById("longer");
  if (longer && Date.now() - began > long && longer.textContent === "")
    longer.textContent = longer.dataset.text ?? "";
  setTimeout(look, Date.now() - began > long ? 5000 : 1000);
}
setTimeout(look, 1000);
