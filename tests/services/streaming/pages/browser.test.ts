import assert from "node:assert/strict";
import { mock } from "node:test";
import { sendOnce } from "../../../../services/streaming/browser/card/submission.ts";
import {
  chooseKeys,
  keysChosen,
} from "../../../../services/streaming/browser/player/key-choice.ts";

describe("Setting of single-key shortcuts", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  const storage = (get: () => unknown) =>
    Object.defineProperty(globalThis, "localStorage", {
      configurable: true,
      get,
    });
  afterEach(() => {
    if (before) Object.defineProperty(globalThis, "localStorage", before);
    else Reflect.deleteProperty(globalThis, "localStorage");
  });

  it("defaults to on, and keeps the user's choice", () => {
    const kept = new Map<string, string>();
    storage(() => ({
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => kept.set(name, value),
    }));
    assert.equal(keysChosen(), true);
    chooseKeys(false);
    assert.equal(keysChosen(), false);
    chooseKeys(true);
    assert.equal(keysChosen(), true);
  });

  it("stays on when the browser blocks storage", () => {
    storage(() => {
      throw new DOMException("Access is denied.", "SecurityError");
    });
    assert.equal(keysChosen(), true);
    chooseKeys(false);
  });

  it("works when storage is missing or full", () => {
    storage(() => null);
    assert.equal(keysChosen(), true);
    chooseKeys(false);
    storage(() => ({
      getItem: () => "off",
      setItem() {
        throw new DOMException("Full.", "QuotaExceededError");
      },
    }));
    chooseKeys(true);
    assert.equal(keysChosen(), false);
  });
});

describe("Form submission", () => {
  const { addEventListener } = globalThis;
  let page: EventTarget;
  let form: EventTarget;
  let attributes: Map<string, string>;
  let button: { textContent: string; dataset: { busy: string } };

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    page = new EventTarget();
    form = new EventTarget();
    attributes = new Map();
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
    });
    button = Object.assign(
      {
        setAttribute: (name: string, value: string) =>
          attributes.set(name, value),
        removeAttribute: (name: string) => attributes.delete(name),
      },
      { textContent: "Pay", dataset: { busy: "Paying…" } },
    );
    sendOnce(form as HTMLFormElement, button as unknown as HTMLElement);
  });
  afterEach(() => {
    mock.timers.reset();
    Object.assign(globalThis, { addEventListener });
  });

  /** Submits the form; returns whether it is sent. */
  const press = () =>
    form.dispatchEvent(new Event("submit", { cancelable: true }));

  it("shows that the form is being sent, and prevents a second submission", () => {
    assert.ok(press());
    assert.equal(button.textContent, "Paying…");
    assert.equal(attributes.get("aria-disabled"), "true");
    mock.timers.tick(3000);
    assert.ok(!press());
  });

  it("allows one more submission after ten seconds", () => {
    press();
    mock.timers.tick(10_000);
    assert.equal(button.textContent, "Pay");
    assert.ok(!attributes.has("aria-disabled"));
    assert.ok(press());
    assert.ok(!press());
  });

  it("allows one more submission when the user comes back to the page, and restarts the timer", () => {
    press();
    mock.timers.tick(9000);
    page.dispatchEvent(new Event("pageshow"));
    assert.equal(button.textContent, "Pay");
    assert.ok(press());
    mock.timers.tick(2000);
    assert.ok(!press());
  });
});
