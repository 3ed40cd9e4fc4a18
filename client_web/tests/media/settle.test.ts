import { expect, it, vi } from "vitest";
import { Settler } from "../../src/media/settle";

it("ends in the state last wished for, one step at a time", async () => {
  let wish = 0;
  let actual = 0;
  let running = 0;
  const settler = new Settler(async () => {
    if (actual === wish) return false;
    expect(++running).toBe(1);
    const next = wish;
    await Promise.resolve();
    actual = next;
    running--;
    return true;
  });
  for (wish = 1; wish < 10; wish++) settler.kick();
  wish = 10;
  settler.kick();
  await vi.waitFor(() => expect(actual).toBe(10));
});

it("sees a wish that changes during the last step", async () => {
  let wish = 1;
  let actual = 0;
  const settler: Settler = new Settler(async () => {
    if (actual === wish) {
      if (wish === 1) {
        wish = 2;
        settler.kick();
      }
      return false;
    }
    actual = wish;
    return true;
  });
  settler.kick();
  await vi.waitFor(() => expect(actual).toBe(2));
});

it("stops when it is closed", async () => {
  const step = vi.fn(async () => true);
  const settler = new Settler(step);
  settler.kick();
  settler.close();
  await Promise.resolve();
  expect(step.mock.calls.length).toBeLessThanOrEqual(1);
});
