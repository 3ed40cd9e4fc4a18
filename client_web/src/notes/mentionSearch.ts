/** What somebody is looking for who types "@", and who fits. Pure. */

import type { EditorState } from "@tiptap/pm/state";
import { folded } from "../shared/folded";
import type { MentionQuery, Person } from "./popups";

/** "@", not within a word, and up to two words behind it. */
const QUERY = /(?:^|[\s([{¿¡"'“‘-])@([^\s@]{0,40}(?: [^\s@]{0,40})?)$/u;
const MOST_SHOWN = 6;
/** Stands for what is no text: nothing is looked for across it. */
const OBJECT = "\ufffc";

export function mentionQuery(state: EditorState): MentionQuery | null {
  const { empty, $from } = state.selection;
  const { parent } = $from;
  if (!empty || !parent.isTextblock || parent.type.spec.code) return null;
  const before = parent.textBetween(0, $from.parentOffset, undefined, OBJECT);
  const text = QUERY.exec(before)?.[1];
  if (text === undefined) return null;
  return { from: $from.pos - text.length - 1, to: $from.pos, text };
}

/** Return those one of whose names begins so: who is here first, and of those whose whole name does. */
export function findPeople(people: readonly Person[], text: string): Person[] {
  const wanted = folded(text.trim());
  const rank = (name: string) => {
    const plain = folded(name);
    if (plain.startsWith(wanted)) return 0;
    return plain.split(/[\s-]+/).some((word) => word.startsWith(wanted)) ? 1 : 2;
  };
  return people
    .map((person) => ({ person, order: rank(person.name) }))
    .filter(({ order }) => order < 2)
    .sort(
      (a, b) =>
        Number(b.person.isHere) - Number(a.person.isHere) ||
        a.order - b.order ||
        a.person.name.localeCompare(b.person.name),
    )
    .slice(0, MOST_SHOWN)
    .map(({ person }) => person);
}
