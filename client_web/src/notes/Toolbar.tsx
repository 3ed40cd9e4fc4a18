/**
 * What one can do to the text: in one row that scrolls where it is too narrow, or all of it. One stop for Tab; arrows go
 * along it.
 */

import { ActionIcon } from "@mantine/core";
import {
  AtSign,
  Bold,
  Clock,
  Code,
  Ellipsis,
  Heading1,
  Heading2,
  Heading3,
  IndentDecrease,
  IndentIncrease,
  Italic,
  Link,
  List,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  Minus,
  Redo2,
  SquareCode,
  Strikethrough,
  TextQuote,
  Underline,
  Undo2,
  UserRoundCheck,
  UserRoundSearch,
} from "lucide-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Toolbar.module.css";
import type { ToolId } from "./tools";

export interface Tool {
  id: ToolId;
  isOn?: boolean;
  isOff?: boolean;
  shortcut?: string;
  run(): void;
}

interface ToolbarProps {
  id: string;
  /** In groups. */
  tools: readonly (readonly Tool[])[];
  /** What is used less often. */
  more: readonly Tool[];
  controls: string;
}

const ICONS: Readonly<Record<ToolId, LucideIcon>> = {
  undo: Undo2,
  redo: Redo2,
  heading1: Heading1,
  heading2: Heading2,
  heading3: Heading3,
  bold: Bold,
  italic: Italic,
  underline: Underline,
  strike: Strikethrough,
  code: Code,
  bullets: List,
  numbers: ListOrdered,
  tasks: ListChecks,
  outdent: IndentDecrease,
  indent: IndentIncrease,
  quote: TextQuote,
  codeBlock: SquareCode,
  rule: Minus,
  link: Link,
  mention: AtSign,
  moment: Clock,
  assign: UserRoundCheck,
  authors: UserRoundSearch,
};

export function Toolbar({ id, tools, more, controls }: ToolbarProps) {
  const { t } = useTranslation();
  const bar = useRef<HTMLDivElement>(null);
  const current = useRef<string | null>(null);
  const [isOpen, setIsOpen] = useState(false);

  const buttons = () => [
    ...(bar.current?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? []),
  ];

  // One of them can be reached by Tab: the one that was used last, as long as it can be used.
  useLayoutEffect(() => {
    const all = buttons();
    const stop = all.find(({ name }) => name === current.current) ?? all[0];
    for (const button of bar.current?.querySelectorAll("button") ?? [])
      button.tabIndex = button === stop ? 0 : -1;
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttons();
    const index = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = {
      ArrowRight: (index + 1) % all.length,
      ArrowLeft: (index - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (index === -1 || next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };

  const draw = (tool: Tool) => {
    const Icon = ICONS[tool.id];
    const label = t(`notes.tool.${tool.id}`);
    return (
      <ActionIcon
        key={tool.id}
        name={tool.id}
        className={classes.tool}
        color="gray"
        aria-label={label}
        aria-pressed={tool.isOn}
        aria-keyshortcuts={tool.shortcut}
        title={
          tool.shortcut === undefined
            ? label
            : `${label} (${tool.shortcut.replace("Control", "Ctrl").replace("Meta", "⌘")})`
        }
        disabled={tool.isOff === true}
        onClick={tool.run}
      >
        <Icon size={19} aria-hidden="true" />
      </ActionIcon>
    );
  };

  return (
    <div
      ref={bar}
      id={id}
      role="toolbar"
      aria-label={t("notes.tools")}
      aria-controls={controls}
      className={classes.bar}
      data-open={isOpen || undefined}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => {
        if (target instanceof HTMLButtonElement) current.current = target.name;
      }}
      // The text keeps its selection, and a phone its keyboard.
      onMouseDown={(event) => event.preventDefault()}
    >
      {tools.map((group) => (
        <div key={group[0]?.id} className={classes.group}>
          {group.map(draw)}
        </div>
      ))}
      {more.length > 0 && (
        <div className={`${classes.group} ${classes.more}`}>
          <ActionIcon
            name="more"
            className={classes.tool}
            color="gray"
            aria-label={t("notes.more")}
            aria-expanded={isOpen}
            title={t("notes.more")}
            onClick={() => setIsOpen((before) => !before)}
          >
            <Ellipsis size={19} aria-hidden="true" />
          </ActionIcon>
          {isOpen && more.map(draw)}
        </div>
      )}
    </div>
  );
}
