/** Parts of the page that are fetched when they are needed. */

import { backoffMs } from "./backoff";

/**
 * Fetch a part of the page, and try again for as long as it does not come: it may be wanted just while the line is gone,
 * or the server is restarted. What waits for it shows that it does, and after a while what helps.
 */
export async function untilLoaded<Part>(
  load: () => Promise<Part>,
  pause: (ms: number) => Promise<void> = sleep,
): Promise<Part> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await load();
    } catch {
      await pause(backoffMs(attempt));
    }
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
