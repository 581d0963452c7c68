import { icon } from "@marquee/service-kit";

export const icons = {
  play: icon('<path d="M7 4.5v15l12.5-7.5z" fill="currentColor"/>'),
  again: icon('<path d="M4.5 12a7.5 7.5 0 1 0 2.4-5.5"/><path d="M4 4v4h4"/>'),
  back: icon('<path d="M19 12H5m6-6.5L4.5 12l6.5 6.5"/>'),
  info: icon(
    '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.7v.01"/>',
  ),
  check: icon('<path d="m5 12.5 4.5 4.5L19 7.5"/>'),
  lock: icon(
    '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
  ),
  keyboard: icon(
    '<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8"/>',
  ),
};
