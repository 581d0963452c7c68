import { messagePage } from "./message.ts";

/** Links to the bank's page, for banks on another host. */
export const bankPage = (url: string) =>
  messagePage({
    title: "Your bank wants to hear from you",
    text: "It asks you to confirm the payment, on a page of its own. Then you come back here.",
    actions: [{ text: "Go to your bank", href: url }],
  });
