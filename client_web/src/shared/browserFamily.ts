/** Which browser's words to use when saying what to click. Nothing else may depend on it. */

export type BrowserFamily = "chromium" | "firefox" | "safari" | "ios";

export function browserFamily(
  userAgent = navigator.userAgent,
  touchPoints = navigator.maxTouchPoints,
): BrowserFamily {
  const isMac = /Macintosh/.test(userAgent);
  if (/iPhone|iPad|iPod/.test(userAgent) || (isMac && touchPoints > 1)) return "ios";
  if (/Firefox\//.test(userAgent)) return "firefox";
  return /Chrom(e|ium)\//.test(userAgent) ? "chromium" : "safari";
}
