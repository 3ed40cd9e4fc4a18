import { expect, it } from "vitest";
import { ServerClock } from "../../src/state/serverClock";

it("goes on from what the server said, whatever the device's clock says", () => {
  let elapsed = 100;
  const clock = new ServerClock(() => elapsed);
  clock.onTold(5_000);
  elapsed += 1_234.4;
  expect(clock.now()).toBe(6_234);
  clock.onTold(9_000);
  expect(clock.now()).toBe(9_000);
});

it("is the device's until the server has said anything", () => {
  expect(Math.abs(new ServerClock().now() - Date.now())).toBeLessThan(1_000);
});
