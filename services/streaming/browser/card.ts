import { expiryAsTyped, grouped } from "./card/card-number.ts";
import { sendOnce } from "./card/submission.ts";

const form = document.getElementById("card") as HTMLFormElement;
const input = (name: string) =>
  form.elements.namedItem(name) as HTMLInputElement;
const [number, expiry, cvc] = [input("number"), input("expiry"), input("cvc")];
const button = form.querySelector("button") as HTMLButtonElement;

/** Formats input typed at the end of the field. Elsewhere, formatting would move the caret. */
function formatted(field: HTMLInputElement, format: (text: string) => string) {
  field.addEventListener("input", (event) => {
    const deleting = (event as InputEvent).inputType?.startsWith("delete");
    if (deleting || field.selectionStart !== field.value.length) return;
    field.value = format(field.value);
  });
  field.addEventListener("change", () => {
    field.value = format(field.value);
  });
}
formatted(number, grouped);
formatted(expiry, expiryAsTyped);

sendOnce(form, button);

for (const use of document.querySelectorAll<HTMLElement>("[data-card]")) {
  use.hidden = false;
  use.addEventListener("click", () => {
    number.value = grouped(use.dataset.card ?? "");
    expiry.value = `12/${(new Date().getFullYear() + 4) % 100}`;
    cvc.value = number.value.startsWith("3") ? "1234" : "123";
    button.focus();
  });
}
