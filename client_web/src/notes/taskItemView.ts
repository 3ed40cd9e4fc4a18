/** How an action item is drawn: a check box before its words, and behind them who does it until when. */

import type { NodeViewRenderer } from "@tiptap/core";
import type { Node as Item } from "@tiptap/pm/model";
import { sound } from "./attributes";
import { isOverdue, shortDay } from "./days";
import classes from "./NotesText.module.css";

export interface TaskTexts {
  /** The check box's name, of what the item says. */
  done(text: string): string;
  /** What to click when nobody does it yet. */
  assign: string;
  overdue: string;
  language: string;
}

function part(text: string, className = ""): HTMLElement {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

/** A longer name would not be listened to. */
const MOST_NAME = 80;

export function createTaskView(texts: TaskTexts, onAssign: (itemId: string) => void): NodeViewRenderer {
  return ({ node, editor, getPos }) => {
    let current = node;
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    const content = document.createElement("div");
    const facts = document.createElement(editor.isEditable ? "button" : "span");
    item.className = classes.task ?? "";
    content.className = classes.taskContent ?? "";
    facts.className = classes.facts ?? "";
    label.contentEditable = "false";
    facts.contentEditable = "false";
    if (facts instanceof HTMLButtonElement) facts.type = "button";
    box.type = "checkbox";
    // They have shortcuts and a place in the tool bar: with many items, the way out by Tab would be long.
    if (editor.isEditable) box.tabIndex = facts.tabIndex = -1;
    box.disabled = !editor.isEditable;
    label.append(box);
    item.append(label, content, facts);

    const change = (attribute: string, value: unknown) => {
      const position = getPos();
      if (position === undefined) return;
      editor.view.dispatch(editor.state.tr.setNodeAttribute(position, attribute, value));
    };
    box.addEventListener("change", () => change("checked", box.checked));
    facts.addEventListener("click", () => {
      // One that came without an id, from wherever, gets it now.
      if (sound("taskItem", "itemId", current.attrs.itemId) === null) change("itemId", null);
      const id = sound("taskItem", "itemId", current.attrs.itemId);
      if (id !== null) onAssign(id);
    });

    const draw = (drawn: Item) => {
      current = drawn;
      const { checked, itemId, ownerName, due } = drawn.attrs;
      const owner = sound("taskItem", "ownerName", ownerName) as string | null;
      const day = sound("taskItem", "due", due) as string | null;
      const isLate = day !== null && checked !== true && isOverdue(day, new Date());
      const shown = [owner, day && shortDay(day, texts.language, new Date())].filter((fact) => fact !== null);
      box.checked = checked === true;
      box.ariaLabel = texts.done((drawn.firstChild?.textContent ?? "").slice(0, MOST_NAME));
      item.dataset.checked = String(checked === true);
      item.dataset.itemId = (sound("taskItem", "itemId", itemId) as string | null) ?? "";
      facts.replaceChildren(...(shown.length > 0 ? shown : [texts.assign]).map((fact) => part(fact)));
      if (isLate) facts.append(part(texts.overdue, "visually-hidden"));
      facts.title = isLate ? texts.overdue : "";
      facts.toggleAttribute("data-empty", shown.length === 0);
      facts.toggleAttribute("data-late", isLate);
      facts.hidden = shown.length === 0 && !editor.isEditable;
    };
    draw(node);

    return {
      dom: item,
      contentDOM: content,
      update(updated) {
        if (updated.type !== current.type) return false;
        draw(updated);
        return true;
      },
      stopEvent: ({ target }) => target instanceof Node && (label.contains(target) || facts.contains(target)),
      ignoreMutation: (mutation) => mutation.type !== "selection" && !content.contains(mutation.target),
    };
  };
}
