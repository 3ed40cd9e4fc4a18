import { beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { MOST_ELEMENTS, WRITE_MS } from "../../src/board/binding";
import { BoardDoc } from "../../src/board/boardDoc";
import { writeElement } from "../../src/board/elements";
import { Clock, createPage, join, type Page, shape, stroke } from "../support/boardScene";

let clock: Clock;
let ana: Page;
let bo: Page;

beforeEach(() => {
  clock = new Clock();
  [ana, bo] = [createPage(clock, 1), createPage(clock, 2)];
  join(ana, bo);
});

const settle = () => clock.pass(200);

describe("what one draws", () => {
  it("is shown to the others, looks included", () => {
    ana.scene.add(shape("r", { backgroundColor: "#ffec99", x: 3.5 }));
    settle();
    expect(bo.scene.get("r")).toMatchObject({ type: "rectangle", x: 3.5, backgroundColor: "#ffec99" });
  });

  it("goes out at most once per 33 ms", () => {
    ana.scene.add(shape("r"));
    for (let at = 0; at < 100; at += 1) {
      clock.pass(1);
      ana.scene.change("r", { x: at });
    }
    settle();
    expect(bo.scene.get("r").x).toBe(99);
    expect(ana.updates.length).toBeLessThanOrEqual(Math.ceil(100 / WRITE_MS) + 1);
    expect(ana.updates.length).toBeGreaterThan(2);
  });

  it("costs a few bytes per point of a stroke", () => {
    const points: [number, number][] = [[0, 0]];
    ana.scene.add(stroke("s", points));
    settle();
    for (let at = 1; at <= 30; at += 1) {
      points.push([at * 2.3, at]);
      ana.scene.change("s", { points: [...points], width: at * 2.3, height: at });
      clock.pass(WRITE_MS);
    }
    settle();
    const [first = new Uint8Array(), ...more] = ana.updates;
    expect(first.length).toBeGreaterThan(300);
    expect(more).toHaveLength(30);
    expect(Math.max(...more.map((update) => update.length))).toBeLessThan(40);
    const shown = bo.scene.get("s");
    expect(shown.points).toHaveLength(31);
    expect(shown.width).toBeCloseTo(69, 1);
  });

  it("replaces the points of a stroke that is made larger", () => {
    ana.scene.add(
      stroke("s", [
        [0, 0],
        [4, 4],
      ]),
    );
    settle();
    bo.scene.change("s", {
      points: [
        [0, 0],
        [8, 8],
      ],
    });
    settle();
    expect(ana.scene.get("s").points).toEqual([
      [0, 0],
      [8, 8],
    ]);
  });

  it("keeps a pen's pressure", () => {
    const pen = { simulatePressure: false, pressures: [0.25, 0.75] };
    ana.scene.add(
      stroke(
        "s",
        [
          [0, 0],
          [4, 4],
        ],
        pen,
      ),
    );
    settle();
    expect(bo.scene.get("s").pressures).toEqual([0.25, 0.75]);
  });

  it("is written when the page goes, however soon", () => {
    ana.scene.add(shape("r"));
    ana.binding.close();
    ana.scene.shown = [];
    settle();
    expect(bo.scene.present()).toHaveLength(1);
  });

  it("goes out in several updates when it is much", () => {
    for (let at = 0; at < 1_000; at += 1) ana.scene.add(shape(`r${at}`, { x: at * 90 }));
    clock.pass(5_000);
    expect(bo.scene.present()).toHaveLength(1_000);
    expect(ana.updates.length).toBeGreaterThan(3);
    for (const update of ana.updates) expect(update.length).toBeLessThan(100_000);
  });

  it("is nothing to a page that may only look", () => {
    const cy = createPage(clock, 3, false);
    join(ana, cy);
    cy.scene.add(shape("mine"));
    ana.scene.add(shape("r"));
    settle();
    expect(cy.updates).toEqual([]);
    expect(cy.scene.get("r").isDeleted).toBe(false);
    expect(ana.scene.present()).toHaveLength(1);
  });
});

describe("no echo", () => {
  it("answers nothing to what others change", () => {
    ana.scene.add(shape("r"));
    ana.scene.add(stroke("s", [[0, 0]]));
    settle();
    ana.scene.change("r", { x: 77 });
    ana.scene.change("r", { isDeleted: true });
    settle();
    expect(bo.updates).toEqual([]);
    expect(bo.scene.get("r").isDeleted).toBe(true);
  });

  it("writes nothing for a new version that says the same", () => {
    ana.scene.add(shape("r"));
    settle();
    const before = ana.updates.length;
    ana.scene.change("r", {});
    settle();
    expect(ana.updates).toHaveLength(before);
  });

  it("does not read again what this page wrote itself", () => {
    ana.scene.add(shape("r"));
    ana.scene.add(stroke("s", [[0, 0]]));
    settle();
    ana.scene.change("s", {
      points: [
        [0, 0],
        [1, 1],
      ],
    });
    settle();
    expect([ana.scene.restored, ana.scene.replaced]).toEqual([0, 0]);
  });

  it("shows nothing anew that another writes as it is", () => {
    ana.scene.add(shape("r"));
    settle();
    const before = bo.scene.get("r");
    ana.doc.getMap("elements").set("r", writeElement(shape("r")));
    settle();
    expect(bo.scene.get("r")).toBe(before);
  });

  it("reads and replaces only what changed", () => {
    for (let at = 0; at < 50; at += 1) ana.scene.add(shape(`r${at}`, { index: `b${at + 100}` }));
    settle();
    const before = new Map(bo.scene.shown.map((element) => [element.id, element]));
    ana.scene.change("r7", { x: 1 });
    settle();
    const changed = bo.scene.shown.filter((element) => before.get(element.id) !== element);
    expect(changed.map(({ id }) => id)).toEqual(["r7"]);
  });

  it("shows many updates of one moment at once", () => {
    settle();
    const before = bo.scene.replaced;
    for (let at = 0; at < 20; at += 1) ana.scene.add(shape(`r${at}`, { x: at * 90 }));
    ana.binding.flush();
    for (let at = 0; at < 20; at += 1) ana.scene.change(`r${at}`, { y: 1 });
    ana.binding.flush();
    settle();
    expect(bo.scene.present()).toHaveLength(20);
    expect(bo.scene.replaced - before).toBe(1);
  });
});

describe("deletion", () => {
  it("takes the element out of the document, with its points", () => {
    ana.scene.add(stroke("s", [[0, 0]]));
    settle();
    ana.scene.change("s", { isDeleted: true });
    settle();
    const board = new BoardDoc(bo.doc);
    expect([board.elements.size, board.points.size]).toEqual([0, 0]);
    expect(bo.scene.present()).toEqual([]);
  });

  it("is undone by whoever deleted, for everybody", () => {
    ana.scene.add(
      stroke("s", [
        [0, 0],
        [5, 6],
      ]),
    );
    settle();
    ana.scene.change("s", { isDeleted: true });
    settle();
    ana.scene.change("s", { isDeleted: false });
    settle();
    expect(bo.scene.get("s")).toMatchObject({ isDeleted: false, width: 5, height: 6 });
  });
});

describe("what one is busy with", () => {
  it("is not torn away by another's change, and is what counts in the end", () => {
    ana.scene.add(shape("r"));
    settle();
    bo.scene.held.add("r");
    bo.scene.change("r", { x: 500 });
    ana.scene.change("r", { x: 1 });
    ana.binding.flush();
    clock.pass(20);
    expect(bo.scene.get("r").x).toBe(500);
    bo.scene.change("r", { x: 510 });
    bo.scene.held.clear();
    settle();
    expect([ana.scene.get("r").x, bo.scene.get("r").x]).toEqual([510, 510]);
  });

  it("takes another's change when one lets go without having changed anything", () => {
    ana.scene.add(shape("r"));
    settle();
    bo.scene.held.add("r");
    ana.scene.change("r", { x: 1 });
    settle();
    expect(bo.scene.get("r").x).toBe(10);
    bo.scene.held.clear();
    bo.scene.onChange();
    settle();
    expect(bo.scene.get("r").x).toBe(1);
  });

  it("comes back when another deletes it meanwhile", () => {
    ana.scene.add(shape("r"));
    settle();
    bo.scene.held.add("r");
    ana.scene.change("r", { isDeleted: true });
    settle();
    expect(bo.scene.get("r").isDeleted).toBe(false);
    bo.scene.change("r", { x: 9 });
    bo.scene.held.clear();
    settle();
    expect(ana.scene.get("r")).toMatchObject({ isDeleted: false, x: 9 });
  });
});

describe("a document from strangers", () => {
  const put = (id: string, json: unknown) => {
    ana.doc.getMap("elements").set(id, json);
    settle();
  };

  it("is left out where it is none, and the rest is shown", () => {
    put("a", "{");
    put("b", 7);
    put("c", new Y.Map());
    put("d", writeElement(shape("d", { type: "embeddable" })));
    put("e", writeElement(shape("e", { x: Number.MAX_VALUE })));
    put("f", writeElement(shape("other")));
    put("good", writeElement(shape("good")));
    expect(bo.scene.present().map(({ id }) => id)).toEqual(["good"]);
  });

  it("takes away what it no longer describes", () => {
    ana.scene.add(shape("r"));
    settle();
    put("r", "null");
    expect(bo.scene.present()).toEqual([]);
  });

  it("does not mind points of any kind", () => {
    ana.scene.add(stroke("s", [[0, 0]]));
    settle();
    const points = ana.doc.getMap("points");
    for (const odd of ["x", new Y.Map(), Y.Array.from(["a", Number.NaN]), Y.Array.from([1e308, 1])]) {
      points.set("s", odd);
      settle();
      expect(bo.scene.present()).toEqual([]);
    }
    points.set("s", Y.Array.from([0, 0, 3, 4, 5]));
    settle();
    expect(bo.scene.get("s").points).toEqual([
      [0, 0],
      [3, 4],
    ]);
  });
});

describe("limits", { timeout: 120_000 }, () => {
  it("shows no more than so many, and others as these go", () => {
    const elements = new BoardDoc(ana.doc).elements;
    ana.doc.transact(() => {
      for (let at = 0; at < MOST_ELEMENTS + 3; at += 1)
        elements.set(`r${at}`, writeElement(shape(`r${at}`, { x: at * 90 })));
    });
    settle();
    expect(bo.scene.present()).toHaveLength(MOST_ELEMENTS);
    ana.doc.transact(() => {
      for (let at = 0; at < 10; at += 1) elements.delete(`r${at}`);
    });
    settle();
    expect(bo.scene.present()).toHaveLength(MOST_ELEMENTS - 7);
  });

  it("takes away what there is no place for, and says so", () => {
    const elements = new BoardDoc(ana.doc).elements;
    ana.doc.transact(() => {
      for (let at = 0; at < MOST_ELEMENTS; at += 1)
        elements.set(`r${at}`, writeElement(shape(`r${at}`, { x: at * 90 })));
    });
    settle();
    bo.scene.add(shape("mine"));
    settle();
    expect(bo.fullTimes()).toBe(1);
    expect(bo.scene.get("mine").isDeleted).toBe(true);
    expect(elements.has("mine")).toBe(false);
  });

  it("takes away what a board has no place for at all", () => {
    bo.scene.add(shape("web", { type: "iframe" }));
    settle();
    expect(bo.scene.get("web").isDeleted).toBe(true);
    expect(bo.fullTimes()).toBe(0);
    expect(bo.updates).toEqual([]);
  });
});

describe("what is too much work to draw", () => {
  const huge = (id: string) => shape(id, { width: 50_000, height: 50_000 });
  /** Put there by no page of ours; nine of them are borne. */
  const flood = (count: number) =>
    ana.doc.transact(() => {
      const elements = new BoardDoc(ana.doc).elements;
      for (let at = 0; at < count; at += 1) elements.set(`huge${at}`, writeElement(huge(`huge${at}`)));
    });
  const seenBy = (page: Page) => page.scene.present().map(({ id }) => id);

  it("is left out on every page alike, and changes the document for nobody", () => {
    ana.scene.add(shape("honest"));
    settle();
    flood(100);
    settle();
    const cy = createPage(clock);
    Y.applyUpdate(cy.doc, Y.encodeStateAsUpdate(ana.doc), "line");
    cy.scene.shown = cy.binding.open();
    const before = JSON.stringify(ana.doc.toJSON());
    clock.pass(5_000);
    expect(seenBy(bo)).toHaveLength(10);
    expect(seenBy(bo)).toContain("honest");
    for (const page of [ana, cy]) expect(seenBy(page).sort()).toEqual(seenBy(bo).sort());
    expect([ana, bo, cy].map((page) => page.heavyTimes() > 0)).toEqual([true, true, true]);
    expect([bo.updates, cy.updates]).toEqual([[], []]);
    expect(JSON.stringify(bo.doc.toJSON())).toBe(before);
  });

  it("comes into sight as others go, and goes as others come", () => {
    flood(12);
    settle();
    const [first = ""] = seenBy(ana);
    ana.scene.change(first, { isDeleted: true });
    settle();
    expect(seenBy(ana)).toHaveLength(9);
    expect(new BoardDoc(ana.doc).elements.size).toBe(11);
    flood(100);
    settle();
    expect(seenBy(ana)).toHaveLength(9);
  });

  it("is not deleted by undoing what was done with it before", () => {
    flood(9);
    settle();
    ana.scene.change("huge8", { strokeColor: "#ffffff" });
    settle();
    new BoardDoc(bo.doc).elements.set(
      "huge8",
      writeElement(shape("huge8", { width: 49_000, height: 49_000 })),
    );
    flood(100);
    settle();
    const gone = ana.scene.shown.filter(({ isDeleted }) => isDeleted);
    for (const { id } of gone) ana.scene.change(id, { strokeColor: "#1e1e1e" });
    settle();
    expect(new BoardDoc(ana.doc).elements.size).toBe(100);
  });

  it("stays before whoever draws it, who is told that the others do not see it", () => {
    flood(9);
    settle();
    expect(ana.heavyTimes()).toBe(0);
    ana.scene.add(huge("own"));
    settle();
    expect(seenBy(ana)).toContain("own");
    expect(ana.heavyTimes()).toBe(1);
    ana.scene.change("own", { x: 5 });
    settle();
    expect(ana.heavyTimes()).toBe(1);
    expect(seenBy(bo)).toHaveLength(9);
    expect(new BoardDoc(bo.doc).elements.size).toBe(10);
  });

  it("goes with the rest when the page is cleared, and can be put back", () => {
    flood(30);
    settle();
    new BoardDoc(ana.doc).elements.set("odd", "no element");
    settle();
    const before = ana.doc.toJSON();
    const putBack = ana.binding.takeHidden();
    settle();
    expect(seenBy(ana)).toHaveLength(9);
    expect(new BoardDoc(bo.doc).elements.size).toBe(9);
    putBack();
    settle();
    expect(ana.doc.toJSON()).toEqual(before);
    expect(seenBy(ana)).toHaveLength(9);
  });
});

it("opens with what there is, from the lowest to the highest, and goes on from there", () => {
  ana.scene.add(shape("high", { index: "a3" }));
  ana.scene.add(shape("low", { index: "a2" }));
  ana.scene.add(shape("picture", { type: "image", fileId: "f1", index: "a4" }));
  settle();
  const cy = createPage(clock);
  Y.applyUpdate(cy.doc, Y.encodeStateAsUpdate(ana.doc), "line");
  expect(cy.binding.open().map(({ id }) => id)).toEqual(["low", "high", "picture"]);
  expect(cy.pictures).toEqual(["f1"]);
  cy.scene.shown = cy.binding.open();
  settle();
  expect(cy.updates).toEqual([]);
});

it("puts what is changed in order again", () => {
  ana.scene.add(shape("a", { index: "a1" }));
  ana.scene.add(shape("b", { index: "a2" }));
  settle();
  expect(bo.scene.shown.map(({ id }) => id)).toEqual(["a", "b"]);
  ana.scene.change("a", { index: "a3" });
  settle();
  expect(bo.scene.shown.map(({ id }) => id)).toEqual(["b", "a"]);
});
