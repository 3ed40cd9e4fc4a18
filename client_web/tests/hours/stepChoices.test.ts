import { describe, expect, it } from "vitest";
import { choicesOf, needsReason, wishOf } from "../../src/hours/stepChoices";
import { entry, MAYA } from "../support/hours";

const ENTRY = entry();
const filled = {
  choice: "adjusted",
  minutes: 30,
  contactType: "conference",
  text: " We stayed ",
} as const;
const wish = (change: object, one = ENTRY, ownId = MAYA.person_id) =>
  wishOf(one, { ...filled, ...change }, ownId, 960);

describe("what can be chosen", () => {
  it("is what the server permits, but for the one click", () => {
    expect(choicesOf(ENTRY)).toEqual(["adjusted", "disputed"]);
    expect(choicesOf(entry({ permitted: [] }))).toEqual([]);
    const permitted = ["withdrawn", "approved", "adjusted"] as const;
    expect(choicesOf(entry({ permitted: [...permitted] }))).toEqual(["adjusted", "approved", "withdrawn"]);
    expect(choicesOf(entry({ permitted: [...permitted], state: "confirmed" }))).toEqual([
      "adjusted",
      "withdrawn",
    ]);
  });
});

describe("what was filled in", () => {
  it("becomes a step with its reason", () => {
    expect(wish({})).toEqual({
      action: "adjusted",
      text: "We stayed",
      credited_minutes: 30,
      contact_type: "conference",
    });
    expect(wish({ choice: "disputed", minutes: null })).toEqual({ action: "disputed", text: "We stayed" });
  });

  it("needs minutes that there can be, and a change", () => {
    expect(wish({ minutes: null })).toBe("minutes");
    expect(wish({ minutes: 961 })).toBe("minutes");
    expect(wish({ minutes: 28 })).toBe("same");
    expect(wish({ minutes: 28, contactType: "group" })).toMatchObject({ contact_type: "group" });
  });

  it("needs a reason, but for taking back what one has entered", () => {
    expect(wish({ text: "  " })).toBe("reason");
    expect(wish({ choice: "disputed", text: "" })).toBe("reason");
    expect(wish({ choice: "withdrawn", text: "" })).toEqual({ action: "withdrawn", text: "" });
    expect(wish({ choice: "withdrawn", text: "" }, ENTRY, "u_coordinator")).toBe("reason");
    expect(needsReason(ENTRY, "approved", "u_coordinator")).toBe(true);
  });

  it("lets a coordinator settle a dispute by leaving it as it is", () => {
    const disputed = entry({ state: "disputed" });
    expect(wish({ minutes: 28 }, disputed, "u_coordinator")).toMatchObject({ credited_minutes: 28 });
    expect(wish({ minutes: 28 }, disputed)).toBe("same");
  });
});
