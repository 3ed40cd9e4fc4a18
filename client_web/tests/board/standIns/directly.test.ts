import { describe, expect, it } from "vitest";
import { isDrawnDirectly } from "../../../src/board/standIns/directly";
import { shape, stroke } from "../../support/boardScene";

const wide = stroke(
  "s",
  [
    [0, 0],
    [4_000, 2_000],
  ],
  { width: 4_000, height: 2_000, opacity: 100, strokeStyle: "solid", backgroundColor: "transparent" },
);

describe("what is drawn without a canvas of its own", () => {
  it("is a stroke or a line that is wider than a screen", () => {
    expect(isDrawnDirectly(wide)).toBe(true);
    expect(isDrawnDirectly({ ...wide, type: "arrow", boundElements: [{ id: "a", type: "arrow" }] })).toBe(
      true,
    );
    expect(isDrawnDirectly({ ...wide, width: 1_000, height: 700 })).toBe(false);
    expect(isDrawnDirectly(shape("r", { width: 4_000, height: 2_000 }))).toBe(false);
  });

  it.each([
    { opacity: 50 },
    { strokeStyle: "dashed" },
    { backgroundColor: "#ffec99" },
    { boundElements: [{ id: "t", type: "text" }] },
  ])("is not what would look different, or be more work: %j", (looks) => {
    expect(isDrawnDirectly({ ...wide, ...looks })).toBe(false);
  });
});
