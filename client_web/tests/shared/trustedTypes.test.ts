import { expect, it } from "vitest";
import { withoutMarkup } from "../../src/shared/trustedTypes";

it("lets styles through and markup never", () => {
  expect(withoutMarkup(":root{--a:1px}")).toBe(":root{--a:1px}");
  for (const text of ["<b>", "a<b", "</style><script>alert(1)</script>"]) {
    expect(() => withoutMarkup(text)).toThrow(TypeError);
  }
});
