/** Who does an action item, and until when. What is chosen counts at once. */

import { Button, Input, NativeSelect } from "@mantine/core";
import type { Editor } from "@tiptap/core";
import { useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { isDay, sound } from "./attributes";
import { Popover } from "./Popover";
import classes from "./PopoverForm.module.css";
import type { Person } from "./popups";
import { rectOfTask } from "./rectAt";
import { taskById } from "./taskAround";

interface TaskPopoverProps {
  editor: Editor;
  itemId: string;
  people: readonly Person[];
  onClose(): void;
}

const option = ({ personId, name }: Person) => (
  <option key={personId} value={personId}>
    {name}
  </option>
);

export function TaskPopover({ editor, itemId, people, onClose }: TaskPopoverProps) {
  const { t } = useTranslation();
  const ids = { owner: useId(), due: useId() };
  const first = useRef<HTMLSelectElement>(null);
  const task = taskById(editor.state.doc, itemId);
  const isGone = task === null;

  useEffect(() => first.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (isGone) onClose();
  }, [isGone, onClose]);
  if (isGone) return null;

  const read = (name: string) => sound("taskItem", name, task.node.attrs[name]) as string | null;
  const [ownerId, ownerName, due] = [read("ownerId"), read("ownerName"), read("due")];
  const present = people.filter(({ isHere }) => isHere);
  const absent = people.filter(({ isHere }) => !isHere);
  // Somebody who may not come in any more still is the owner.
  const isElsewhere = ownerId !== null && people.every(({ personId }) => personId !== ownerId);

  const change = (attributes: Record<string, string | null>) => {
    const found = taskById(editor.state.doc, itemId);
    if (found === null) return;
    const { tr } = editor.state;
    for (const [name, value] of Object.entries(attributes)) tr.setNodeAttribute(found.position, name, value);
    editor.view.dispatch(tr);
  };

  return (
    <Popover anchor={() => rectOfTask(editor, itemId)} label={t("notes.task.title")} onClose={onClose}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
        }}
      >
        <Input.Wrapper label={t("notes.task.owner")} id={ids.owner}>
          <NativeSelect
            id={ids.owner}
            ref={first}
            value={ownerId ?? ""}
            onChange={({ currentTarget: { value } }) => {
              const person = people.find(({ personId }) => personId === value);
              if (value !== ownerId)
                change({ ownerId: person ? value : null, ownerName: person?.name ?? null });
            }}
          >
            <option value="">{t("notes.task.nobody")}</option>
            {isElsewhere && <option value={ownerId}>{ownerName ?? ownerId}</option>}
            {present.map(option)}
            {absent.length > 0 && <optgroup label={t("notes.task.absent")}>{absent.map(option)}</optgroup>}
          </NativeSelect>
        </Input.Wrapper>
        <Input.Wrapper label={t("notes.task.due")} id={ids.due}>
          <Input
            id={ids.due}
            type="date"
            value={due ?? ""}
            onChange={({ currentTarget: { value } }) => change({ due: isDay(value) ? value : null })}
          />
        </Input.Wrapper>
        <Button type="submit" fullWidth>
          {t("notes.done")}
        </Button>
      </form>
    </Popover>
  );
}
