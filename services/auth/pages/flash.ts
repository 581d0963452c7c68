import { type Notice, noticeText } from "@marquee/service-kit";
import { html } from "hono/html";

export const flashBox = (notice: Notice | undefined) =>
  notice ? html`<p class="notice" role="status">${noticeText(notice)}</p>` : "";
