import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyOf, merge, Ticks, UNDO_MS } from "../../src/home/ticks";
import type { Task } from "../../src/protocol/generated";
import { Problem } from "../../src/shared/problem";

const task = (id: string): Task => ({
  document_id: "d",
  item_id: id,
  room_id: "r",
  text: `Do ${id}`,
  due: null,
});
const [A, B, C] = [task("a"), task("b"), task("c")];
const keyA = keyOf(A);

describe("merging", () => {
  const merged = (before: string, listed: string, kept: string) =>
    merge([...before].map(task), [...listed].map(task), ({ item_id }) => kept.includes(item_id))
      .map(({ item_id }) => item_id)
      .join("");

  it("keeps what is kept behind what it stood behind", () => {
    expect(merged("abc", "ac", "b")).toBe("abc");
    expect(merged("abc", "bc", "a")).toBe("abc");
    expect(merged("abc", "", "abc")).toBe("abc");
    expect(merged("abcd", "ad", "bc")).toBe("abcd");
    expect(merged("abc", "cxa", "b")).toBe("cxab");
  });

  it("lets go of what is neither listed nor kept", () => {
    expect(merged("abc", "c", "")).toBe("c");
    expect(merged("", "ab", "x")).toBe("ab");
  });
});

describe("ticking", () => {
  let sent: [string, boolean, Answer][];
  let taken: number;
  let ticks: Ticks;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    taken = 0;
    ticks = new Ticks({
      send: ({ item_id }, isDone) => {
        const made = createAnswer();
        sent.push([item_id, isDone, made]);
        return made.promise;
      },
      onTaken: () => {
        taken++;
      },
    });
    ticks.setTasks([A, B, C]);
  });
  afterEach(() => {
    ticks.close();
    vi.useRealTimers();
  });

  const shown = () =>
    ticks.store
      .getState()
      .rows.map(({ task: { item_id }, isDone, problem }) => `${item_id}${isDone ? "+" : ""}${problem ?? ""}`)
      .join(" ");
  const answer = async (index: number, problem?: Problem) => {
    if (problem) sent[index]?.[2].reject(problem);
    else sent[index]?.[2].resolve();
    await vi.advanceTimersByTimeAsync(0);
  };

  it("counts at once, and stays for a while when the server lists it no more", async () => {
    ticks.toggle(keyA);
    expect(shown()).toBe("a+ b c");
    expect(sent.map(([id, isDone]) => [id, isDone])).toEqual([["a", true]]);
    ticks.setTasks([A, B, C]);
    expect(shown()).toBe("a+ b c");
    await answer(0);
    expect(taken).toBe(1);
    ticks.setTasks([B, C]);
    expect(shown()).toBe("a+ b c");
    vi.advanceTimersByTime(UNDO_MS);
    expect(shown()).toBe("b c");
  });

  it("is taken back", async () => {
    ticks.toggle(keyA);
    await answer(0);
    ticks.setTasks([B, C]);
    ticks.toggle(keyA);
    expect(shown()).toBe("a b c");
    ticks.setTasks([B, C]);
    expect(shown()).toBe("a b c");
    await answer(1);
    expect(sent[1]?.slice(0, 2)).toEqual(["a", false]);
    ticks.setTasks([A, B, C]);
    vi.advanceTimersByTime(2 * UNDO_MS);
    expect(shown()).toBe("a b c");
    expect(taken).toBe(2);
  });

  it("sends what was thought better of when the first answer is there", async () => {
    ticks.toggle(keyA);
    ticks.toggle(keyA);
    ticks.toggle(keyA);
    ticks.toggle(keyA);
    expect(sent.length).toBe(1);
    await answer(0);
    expect(sent.map(([, isDone]) => isDone)).toEqual([true, false]);
    await answer(1);
    expect(sent.length).toBe(2);
    expect(shown()).toBe("a b c");
    expect(taken).toBe(1);
  });

  it("says what was not taken, for a while, and can be tried again", async () => {
    ticks.toggle(keyA);
    await answer(0, new Problem("document_locked"));
    expect(shown()).toBe("adocument_locked b c");
    ticks.setTasks([A, B, C]);
    expect(shown()).toBe("adocument_locked b c");
    ticks.toggle(keyA);
    expect(shown()).toBe("a+ b c");
    await answer(1, new Problem("not_found"));
    ticks.setTasks([B, C]);
    expect(shown()).toBe("anot_found b c");
    vi.advanceTimersByTime(UNDO_MS);
    expect(shown()).toBe("b c");
    expect(taken).toBe(0);
  });

  it("leaves what has the focus where it is", async () => {
    ticks.hold(keyA);
    ticks.toggle(keyA);
    await answer(0);
    ticks.setTasks([B, C]);
    vi.advanceTimersByTime(10 * UNDO_MS);
    expect(shown()).toBe("a+ b c");
    ticks.hold(null);
    expect(shown()).toBe("b c");
  });

  it("believes the server when somebody opens it again", async () => {
    ticks.toggle(keyA);
    await answer(0);
    ticks.setTasks([A, B, C]);
    vi.advanceTimersByTime(UNDO_MS);
    expect(shown()).toBe("a b c");
  });
});

interface Answer {
  promise: Promise<void>;
  resolve(): void;
  reject(problem: Problem): void;
}

function createAnswer(): Answer {
  const answer = { resolve: () => {}, reject: () => {} };
  const promise = new Promise<void>((resolve, reject) => Object.assign(answer, { resolve, reject }));
  return Object.assign(answer, { promise });
}
