import { expect, it } from "vitest";
import { iceTransportPolicy } from "../../src/media/icePolicy";

it("uses the relay alone where the address says so, and nowhere else", () => {
  expect(iceTransportPolicy("?relay=only")).toBe("relay");
  expect(iceTransportPolicy("?x=1&relay=only")).toBe("relay");
  for (const search of ["", "?relay=", "?relay=yes", "?only=relay"]) {
    expect(iceTransportPolicy(search), search).toBe("all");
  }
});
