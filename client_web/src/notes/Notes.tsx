/** The editor, its tool bar, and what floats over it. */

import { Button } from "@mantine/core";
import type { Command, Editor } from "@tiptap/core";
import { Selection } from "@tiptap/pm/state";
import { useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as Y from "yjs";
import { useStore } from "zustand";
import { useColours } from "../shared/palette";
import { Toast } from "../shared/Toast";
import { AuthorList } from "./AuthorList";
import { bringBackStep } from "./bringBack";
import { createEditor } from "./createEditor";
import { hasContent } from "./document";
import { editorTexts } from "./editorTexts";
import { LinkPopover } from "./LinkPopover";
import { MentionList } from "./MentionList";
import { mentionQuery } from "./mentionSearch";
import type { NotesEditorProps } from "./NotesEditor";
import classes from "./NotesEditor.module.css";
import { createPopups } from "./popups";
import { openNotes } from "./source";
import { TaskPopover } from "./TaskPopover";
import { Toolbar } from "./Toolbar";
import { createTemplate, OUTLINE, seedOf } from "./templates";
import { insertMoment } from "./timestamp";
import { editingTools, type ToolActions } from "./tools";
import { useAuthors } from "./useAuthors";
import { useRedraw } from "./useRedraw";

/** Put the cursor below the first heading. */
const toFirstSection: Command = ({ tr }) => {
  tr.setSelection(Selection.near(tr.doc.resolve(tr.doc.firstChild?.nodeSize ?? 0)));
  return true;
};

export function Notes(props: NotesEditorProps) {
  const { doc, awareness, isEditable, title, self, people } = props;
  const { t, i18n } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isReleased, setIsReleased] = useState(false);
  const [broughtBack, setBroughtBack] = useState<{ name: string; isChanged: boolean } | null>(null);
  const [popups] = useState(createPopups);
  const popup = useStore(popups, (state) => state.popup);
  const ids = { text: useId(), keys: useId(), tools: useId() };

  const authors = useAuthors(editor, props.loadAuthors, {
    client: doc.clientID,
    author: { personId: self.personId, name: self.name },
  });
  // In an order that every screen agrees on, whoever wrote first.
  const writers = useMemo(() => authors.seen.map(({ personId }) => personId).sort(), [authors.seen]);
  const colourOf = useColours(writers);
  // What may change while the editor stays.
  const latest = useRef({ props, t, colourOf, onSeen: authors.onSeen });
  latest.current = { props, t, colourOf, onSeen: authors.onSeen };

  const actions: ToolActions = {
    openLink: () => popups.setState({ popup: { kind: "link" } }),
    insertMoment: props.meeting && editor ? () => insertMoment(editor, latest.current.props.meeting) : null,
    focusTools: () =>
      document.getElementById(ids.tools)?.querySelector<HTMLElement>('[tabindex="0"]')?.focus(),
    assign: (itemId) => popups.setState({ popup: { kind: "task", itemId } }),
  };
  const latestActions = useRef(actions);
  latestActions.current = actions;

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let close = () => {};
    try {
      const source = openNotes(doc, isEditable);
      close = source.close;
      const made = createEditor({
        element,
        source,
        awareness,
        isEditable,
        texts: editorTexts(latest.current.t, i18n.language, title),
        describedBy: ids.keys,
        mentioning: { popups, people: () => latest.current.props.people },
        actions: () => latestActions.current,
        colourOf: (personId) => latest.current.colourOf(personId),
        onSeen: (seen, unknown) => latest.current.onSeen(seen, unknown),
        onTimestamp: (meetingId, at) => latest.current.props.onTimestamp?.(meetingId, at),
        onReleased: setIsReleased,
      });
      close = () => {
        made.destroy();
        source.close();
      };
      setEditor(made);
    } catch (error) {
      setFailure(error);
    }
    return () => {
      setEditor(null);
      popups.setState({ popup: null });
      close();
    };
  }, [doc, awareness, isEditable, title, i18n.language, ids.keys, popups]);

  const { earlier = null, onBroughtBack } = props;
  useEffect(() => {
    if (editor === null || earlier === null) return;
    const isChanged = bringBackStep(editor, doc, earlier.doc, () => setBroughtBack(null));
    onBroughtBack?.();
    setBroughtBack({ name: earlier.name, isChanged });
    editor.commands.focus(undefined, { scrollIntoView: false });
  }, [editor, doc, earlier, onBroughtBack]);
  const dismiss = useCallback(() => setBroughtBack(null), []);

  // Who is looked for already may be among those that are known only now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other people are other finds
  useEffect(() => {
    if (editor !== null && mentionQuery(editor.state) !== null) editor.view.dispatch(editor.state.tr);
  }, [editor, people]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: other people have other colours
  useEffect(() => {
    editor?.chain().recolourCursors().recolourAuthors().run();
  }, [editor, colourOf]);

  useRedraw(editor);
  const closePopup = useCallback(() => {
    popups.setState({ popup: null });
    editor?.commands.focus(undefined, { scrollIntoView: false });
  }, [popups, editor]);

  // To the guard around it.
  if (failure !== null) throw failure;

  const editing = editor !== null && isEditable ? editingTools(editor, actions) : { tools: [], more: [] };
  const authorTool = { id: "authors", isOn: authors.isShown, run: authors.toggle } as const;
  const tools = props.loadAuthors ? [...editing.tools, [authorTool]] : editing.tools;
  const { outline } = props;
  const isEmpty = editor !== null && isEditable && outline !== undefined && !hasContent(doc);

  return (
    <div className={classes.notes}>
      {tools.length > 0 && <Toolbar id={ids.tools} tools={tools} more={editing.more} controls={ids.text} />}
      {(authors.isShown || authors.hasFailed) && (
        <AuthorList seen={authors.seen} colourOf={colourOf} hasFailed={authors.hasFailed} />
      )}
      <div className={classes.scroller}>
        <div className={classes.sheet}>
          <div id={ids.text} ref={host} className={classes.host} />
          {isEmpty && (
            <div className={classes.outline}>
              <p>{t("notes.outlineOffer")}</p>
              <Button
                variant="light"
                onClick={() => {
                  const seed = seedOf(outline.documentName, doc);
                  const update = createTemplate(
                    outline.kind,
                    (section) => t(`notes.outline.${section}`),
                    seed,
                  );
                  Y.applyUpdate(doc, update, OUTLINE);
                  editor.chain().focus().command(toFirstSection).run();
                }}
              >
                {t("notes.outlineUse")}
              </Button>
            </div>
          )}
          {editor !== null && popup?.kind === "mention" && <MentionList editor={editor} popup={popup} />}
          {editor !== null && popup?.kind === "link" && <LinkPopover editor={editor} onClose={closePopup} />}
          {editor !== null && popup?.kind === "task" && (
            <TaskPopover editor={editor} itemId={popup.itemId} people={people} onClose={closePopup} />
          )}
        </div>
      </div>
      <div role="status">
        {broughtBack !== null && (
          <Toast
            text={t(broughtBack.isChanged ? "notes.broughtBack" : "notes.same", { name: broughtBack.name })}
            onDismiss={dismiss}
            {...(broughtBack.isChanged && {
              action: t("desk.undo"),
              onAction: () => editor?.commands.undo(),
            })}
          />
        )}
      </div>
      <p id={ids.keys} className="visually-hidden">
        {t("notes.keys")}
      </p>
      <p role="status" className="visually-hidden">
        {isReleased
          ? t("notes.released")
          : popup?.kind === "mention"
            ? t("notes.mention.found", { count: popup.found.length })
            : null}
      </p>
    </div>
  );
}
