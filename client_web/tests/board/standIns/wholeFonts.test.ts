import { expect, it } from "vitest";
import { subsetToBase64 } from "../../../src/board/standIns/wholeFonts";

it("gives a font's whole file as an address", async () => {
  const file = new Uint8Array(70_000).map((_, at) => at % 256);
  const address = await subsetToBase64(file.buffer);
  const [head, bytes = ""] = address.split(",");
  expect(head).toBe("data:font/woff2;base64");
  expect(new Uint8Array(Buffer.from(bytes, "base64"))).toEqual(file);
});
