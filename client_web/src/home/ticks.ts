/**
 * What one is to do, as it is shown: the server's list, and what one has just ticked in it. A tick counts at once here;
 * what is ticked stays for a while, so that it can be taken back.
 */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { Task } from "../protocol/generated";
import { asProblem, type ProblemCode } from "../shared/problem";

/** Long enough to see that it was the wrong one. */
export const UNDO_MS = 8_000;

export interface Row {
  key: string;
  task: Task;
  isDone: boolean;
  /** Why the last tick was not taken. */
  problem: ProblemCode | null;
}

interface Own {
  /** As one wants it; the server may not know it yet. */
  isDone: boolean;
  isSending: boolean;
  problem: ProblemCode | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** It, or what was wrong with it, has been shown long enough. */
  isOver: boolean;
}

export interface TicksOptions {
  send(task: Task, isDone: boolean): Promise<void>;
  /** The server has taken a tick: its list is another one now. */
  onTaken(): void;
}

export const keyOf = ({ document_id, item_id }: Task): string => `${document_id} ${item_id}`;

export class Ticks {
  readonly store: StoreApi<{ rows: readonly Row[] }> = createStore(() => ({ rows: [] as readonly Row[] }));
  readonly #options: TicksOptions;
  readonly #own = new Map<string, Own>();
  /** The row that has the focus: it does not go away under somebody's hands. */
  #held: string | null = null;
  #listed: readonly Task[] = [];

  constructor(options: TicksOptions) {
    this.#options = options;
  }

  /** Take the server's list, as it is now. */
  setTasks(tasks: readonly Task[]): void {
    this.#listed = tasks;
    // The list was read after the server had taken it back: it says what is so.
    for (const [key, own] of this.#own) {
      if (!own.isDone && !own.isSending && own.problem === null) this.#own.delete(key);
    }
    this.#show();
  }

  /** Tick a task, or take that back. */
  toggle(key: string): void {
    const row = this.store.getState().rows.find((one) => one.key === key);
    if (row === undefined) return;
    const before = this.#own.get(key);
    clearTimeout(before?.timer);
    const isSending = before?.isSending ?? false;
    const own = { isDone: !row.isDone, isSending, problem: null, timer: undefined, isOver: false };
    this.#own.set(key, own);
    this.#show();
    if (!isSending) void this.#send(row.task, key);
  }

  /** Keep what has the focus; `null` when nothing has. */
  hold(key: string | null): void {
    this.#held = key;
    this.#show();
  }

  close(): void {
    for (const { timer } of this.#own.values()) clearTimeout(timer);
  }

  async #send(task: Task, key: string): Promise<void> {
    for (let own = this.#own.get(key); own !== undefined; own = this.#own.get(key)) {
      const { isDone } = own;
      this.#change(key, { isSending: true });
      try {
        await this.#options.send(task, isDone);
      } catch (error) {
        this.#change(key, { isSending: false, isDone: !isDone, problem: asProblem(error).code });
        this.#wait(key);
        return;
      }
      // Unless one has thought better of it meanwhile.
      if (this.#own.get(key)?.isDone !== isDone) continue;
      this.#change(key, { isSending: false });
      this.#wait(key);
      this.#options.onTaken();
      return;
    }
  }

  #wait(key: string): void {
    const own = this.#own.get(key);
    if (own === undefined || (!own.isDone && own.problem === null)) return;
    const timer = setTimeout(() => this.#change(key, { isOver: true }), UNDO_MS);
    this.#change(key, { timer });
  }

  #change(key: string, change: Partial<Own>): void {
    const own = this.#own.get(key);
    if (own === undefined) return;
    this.#own.set(key, { ...own, ...change });
    this.#show();
  }

  #show(): void {
    for (const [key, own] of this.#own) if (own.isOver && key !== this.#held) this.#own.delete(key);
    const before = this.store.getState().rows;
    const tasks = merge(
      before.map(({ task }) => task),
      this.#listed,
      (task) => this.#own.has(keyOf(task)),
    );
    const rows = tasks.map((task): Row => {
      const key = keyOf(task);
      const own = this.#own.get(key);
      return { key, task, isDone: own?.isDone ?? false, problem: own?.problem ?? null };
    });
    this.store.setState({ rows });
  }
}

/** Return what is listed, and what is kept of what was shown, each where it was: behind what it stood behind. Pure. */
export function merge(
  before: readonly Task[],
  listed: readonly Task[],
  isKept: (task: Task) => boolean,
): readonly Task[] {
  const merged = [...listed];
  const place = (task: Task | undefined) =>
    task === undefined ? -1 : merged.findIndex((one) => keyOf(one) === keyOf(task));
  before.forEach((task, index) => {
    if (place(task) !== -1 || !isKept(task)) return;
    const behind = before.slice(0, index).findLast((one) => place(one) !== -1);
    merged.splice(place(behind) + 1, 0, task);
  });
  return merged;
}
