/** After this time the form can be sent again: no event says that the user stopped the navigation, such as with Esc. */
const unlockMs = 10_000;

/**
 * Prevents double submission. The form's idempotency key protects the payment; this protects the user from a second
 * try.
 * @param button shows its `data-busy` text meanwhile
 */
export function sendOnce(form: HTMLFormElement, button: HTMLElement): void {
  const text = button.textContent;
  let sent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function unlock(): void {
    clearTimeout(timer);
    sent = false;
    button.removeAttribute("aria-disabled");
    button.textContent = text;
  }
  form.addEventListener("submit", (event) => {
    if (sent) return event.preventDefault();
    sent = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy ?? text;
    timer = setTimeout(unlock, unlockMs);
  });
  addEventListener("pageshow", unlock); // the user came back from the next page
}
