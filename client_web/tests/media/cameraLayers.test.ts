import { expect, it } from "vitest";
import { CAMERA_LAYERS, layerFor } from "../../src/media/cameraLayers";

it.each([
  [0, 0],
  [130, 0],
  [180, 1],
  [350, 1],
  [360, 2],
  [2_160, 2],
])("for a tile of %i pixels takes layer %i", (height, layer) => {
  expect(layerFor(height)).toBe(layer);
});

it("orders layers from the smallest picture to the largest", () => {
  for (const [at, layer] of CAMERA_LAYERS.slice(1).entries()) {
    expect(layer.scaleResolutionDownBy).toBeLessThan(CAMERA_LAYERS[at]?.scaleResolutionDownBy ?? 0);
    expect(layer.maxBitrate).toBeGreaterThan(CAMERA_LAYERS[at]?.maxBitrate ?? 0);
  }
});
