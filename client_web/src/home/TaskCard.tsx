/** What one is to do, by notes of the rooms: ticked here, and in the notes. Loaded when there is something. */

import { Anchor, Button } from "@mantine/core";
import { Undo2 } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useStore } from "zustand";
import { tickTask } from "../connection/tasks";
import { shortDay } from "../notes/days";
import type { RoomInfo, TaskList } from "../protocol/generated";
import type { ProblemCode } from "../shared/problem";
import { dueOf } from "./dueText";
import classes from "./TaskCard.module.css";
import { type Row, Ticks } from "./ticks";

interface TaskCardProps {
  list: TaskList;
  rooms: readonly RoomInfo[];
  /** The list is to be read again. */
  onTaken(): void;
}

export default function TaskCard({ list, rooms, onTaken }: TaskCardProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const latest = useRef(onTaken);
  latest.current = onTaken;
  const [ticks] = useState(() => new Ticks({ send: tickTask, onTaken: () => latest.current() }));
  const rows = useStore(ticks.store, (state) => state.rows);
  const [said, setSaid] = useState("");

  useEffect(() => ticks.setTasks(list.tasks), [ticks, list]);
  useEffect(() => () => ticks.close(), [ticks]);

  return (
    <>
      <p role="status" className="visually-hidden">
        {said}
      </p>
      {rows.length > 0 && (
        <section className={classes.card} aria-labelledby={titleId}>
          <h2 id={titleId} className={classes.title}>
            {t("tasks.title")}
          </h2>
          <ul className={classes.rows}>
            {rows.map((row) => (
              <TaskRow
                key={row.key}
                row={row}
                room={rooms.find((room) => room.room_id === row.task.room_id)}
                onToggle={() => {
                  setSaid(t(row.isDone ? "tasks.undone" : "tasks.done", { text: row.task.text }));
                  ticks.toggle(row.key);
                }}
                onHeld={(isHeld) => ticks.hold(isHeld ? row.key : null)}
              />
            ))}
          </ul>
          {list.has_more && <p className={classes.more}>{t("tasks.more")}</p>}
        </section>
      )}
    </>
  );
}

interface TaskRowProps {
  row: Row;
  room: RoomInfo | undefined;
  onToggle(): void;
  onHeld(isHeld: boolean): void;
}

function TaskRow({ row, room, onToggle, onHeld }: TaskRowProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLInputElement>(null);
  const aboutId = useId();
  const { task, isDone, problem } = row;
  return (
    <li
      className={classes.row}
      data-done={isDone || undefined}
      // Who works with the keyboard: a click leaves the focus where it was, too, and waits for nothing.
      onFocus={({ target }) => onHeld(target.matches(":focus-visible"))}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) onHeld(false);
      }}
    >
      <label className={classes.task}>
        <input ref={box} type="checkbox" checked={isDone} onChange={onToggle} aria-describedby={aboutId} />
        <span className={classes.text}>{task.text}</span>
      </label>
      <p id={aboutId} className={classes.about}>
        {task.due !== null && <DueMark due={task.due} isDone={isDone} />}
        {room !== undefined && (
          <Anchor component={Link} href={`/r/${room.slug}`} className={classes.room}>
            {room.name}
          </Anchor>
        )}
      </p>
      {isDone && (
        <Button
          variant="subtle"
          className={classes.undo}
          leftSection={<Undo2 size={16} />}
          aria-label={t("tasks.undoThis", { text: task.text })}
          onClick={() => {
            // This button goes away.
            box.current?.focus();
            onToggle();
          }}
        >
          {t("tasks.undo")}
        </Button>
      )}
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {t(`tasks.problem.${reasonOf(problem)}`)}
        </p>
      )}
    </li>
  );
}

function DueMark({ due, isDone }: { due: string; isDone: boolean }) {
  const { t, i18n } = useTranslation();
  const now = new Date();
  const found = dueOf(due, now);
  const text =
    found.kind === "overdue"
      ? t("tasks.overdue", { count: found.days })
      : found.kind === "later"
        ? t("tasks.later", { day: shortDay(due, i18n.language, now) })
        : t(`tasks.${found.kind}`);
  return (
    <span className={classes.due} data-kind={isDone ? undefined : found.kind}>
      {text}
    </span>
  );
}

function reasonOf(code: ProblemCode) {
  switch (code) {
    case "not_found":
      return "gone";
    case "forbidden":
      return "notYours";
    case "document_locked":
      return "locked";
    case "document_broken":
      return "broken";
    default:
      return "other";
  }
}
