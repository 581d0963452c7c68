/** Milliseconds until a form can be sent again: no event tells that somebody stopped the page from loading, as with Esc. */
const again = 10_000;

/**
 * One press, one payment. The form's key sees to that as well: this is for who presses.
 * @param button says `data-busy` meanwhile
 */
export function sendOnce(form: HTMLFormElement, button: HTMLElement): void {
  const text = button.textContent;
  let sent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function ready(): void {
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
    timer = setTimeout(ready, again);
  });
  addEventListener("pageshow", ready); // back from the next page
}
