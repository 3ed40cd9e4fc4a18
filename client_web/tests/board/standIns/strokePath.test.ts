import { expect, it } from "vitest";
import { strokePath } from "../../../src/board/standIns/strokePath";

it("writes curves through the middles between the points, to a hundredth", () => {
  const path = strokePath([
    [0, 0],
    [10.126, -4],
    [20, 1e-9],
  ]);
  expect(path).toBe("M 0,0 Q 0,0 5.06,-2 10.12,-4 15.06,-1.99 20,0 10,0 L 0,0 Z");
});

it("writes nothing for nothing", () => {
  expect(strokePath([])).toBe("");
});
