import { describe, expect, it } from "vitest";
import { fitOf, inColumns, soughtOf } from "../../src/hours/mentees";
import { pair } from "../support/hours";

const of = (name: string, standing: "overdue" | "met" | null = "met") =>
  pair({ pair_id: name, mentee: { person_id: name, name }, standing });
const PAIRS = [of("Carla Jiménez"), of("Miguel Ángel de la Vega", "overdue"), of("Ángela Ruiz", null)];
const names = (name: string, standing?: "overdue" | "met" | "none") =>
  soughtOf(PAIRS, { name, standing }).map(({ mentee }) => mentee.name);

describe("looking for somebody", () => {
  it("finds all without a word, those who need somebody first", () => {
    expect(names("")).toEqual(["Miguel Ángel de la Vega", "Carla Jiménez", "Ángela Ruiz"]);
  });

  it("minds neither accents nor capitals, and takes parts of names in any order", () => {
    expect(names("JIMENEZ")).toEqual(["Carla Jiménez"]);
    expect(names("vega mig")).toEqual(["Miguel Ángel de la Vega"]);
    expect(names("angel")).toEqual(["Miguel Ángel de la Vega", "Ángela Ruiz"]);
    expect(names("x")).toEqual([]);
    const lukasz = of("Łukasz O’Neill");
    expect(soughtOf([...PAIRS, lukasz], { name: "o'neill lukasz", standing: undefined })).toEqual([lukasz]);
  });

  it("finds by how they stand, and by that of whom nothing is required", () => {
    expect(names("", "overdue")).toEqual(["Miguel Ángel de la Vega"]);
    expect(names("", "none")).toEqual(["Ángela Ruiz"]);
    expect(names("carla", "overdue")).toEqual([]);
  });
});

describe("what fits on a screen", () => {
  it("has eighty at once on a laptop, and on a large screen", () => {
    for (const [width, height] of [
      [1216, 652],
      [1856, 932],
    ] as const) {
      const { columns, rowHeight } = fitOf(80, width, height);
      expect(Math.ceil(80 / columns) * rowHeight).toBeLessThanOrEqual(height);
      expect(width / columns).toBeGreaterThanOrEqual(380);
    }
  });

  it("gives a few more room, in one column", () => {
    expect(fitOf(10, 1216, 652)).toEqual({ columns: 1, rowHeight: 36 });
    expect(fitOf(21, 1216, 652)).toEqual({ columns: 1, rowHeight: 30 });
  });

  it("scrolls rather than cut where there is no room", () => {
    expect(fitOf(80, 836, 300)).toEqual({ columns: 2, rowHeight: 24 });
    expect(fitOf(80, 300, -20)).toEqual({ columns: 1, rowHeight: 24 });
  });

  it("goes down first, then on to the right", () => {
    expect(inColumns([1, 2, 3, 4, 5], 3)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(inColumns([], 3)).toEqual([]);
  });
});
