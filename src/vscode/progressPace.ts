/** Milliseconds. Screen readers say every new text of a notification, so it must not count seconds. */
export const REPORT_MS = 10_000;
