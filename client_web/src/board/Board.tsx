/**
 * A whiteboard that several people draw on at once: Excalidraw, held in step with a document that somebody else keeps in
 * step with the others. To be loaded when one opens it: it is as large as the rest of this client many times over.
 */

import "@excalidraw/excalidraw/index.css";
import { Excalidraw, MainMenu } from "@excalidraw/excalidraw";
import type { AppState, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, type Ref, useCallback, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { BoardCopy } from "../shared/copies";
import { paperFor } from "../shared/paper";
import { Problem, type ProblemCode } from "../shared/problem";
import classes from "./Board.module.css";
import { BoardBar } from "./BoardBar";
import { BoardOutline } from "./BoardOutline";
import cursorClasses from "./CursorLayer.module.css";
import { bringBack, clear } from "./clearing";
import { fromExcalidraw, toExcalidraw, viewportOf } from "./editor";
import type { BoardElement } from "./elements";
import { exportBoard } from "./exportBoard";
import { FollowNote } from "./FollowNote";
import type { PictureStore } from "./pictures";
import { download, fileName } from "./saving";
import { Toast } from "./Toast";
import { useBinding } from "./useBinding";
import { usePresence } from "./usePresence";
import { firstView } from "./viewport";

export interface BoardProps {
  /** Kept in step with the others by whoever gives it. */
  doc: Y.Doc;
  /** For this board alone: its local state is written here. */
  awareness: Awareness;
  isEditable: boolean;
  /** Names files that are saved. */
  title: string;
  /** One's own participantId; null when one is not in the room. */
  ownId: string | null;
  /** participantId of who presents this board and is followed, or null; own id when one presents. */
  presenterId: string | null;
  onFollowStopped?(): void;
  /** Without it no pictures can be put on the board, nor seen. Must stay the same object. */
  pictures?: PictureStore;
  /** Set while the board is there. */
  handle?: Ref<BoardHandle>;
}

export interface BoardHandle {
  /** Save what is seen as a file on this device. */
  save(format: BoardCopy): Promise<void>;
}

const LOCALES: Readonly<Record<string, string>> = { en: "en", es: "es-ES" };
const UI_OPTIONS = {
  canvasActions: {
    changeViewBackgroundColor: false,
    clearCanvas: false,
    export: false,
    loadScene: false,
    saveToActiveFile: false,
    toggleTheme: false,
    saveAsImage: false,
  },
} as const;
const NO_LINK = () => false;

/** The font files lie beside the scripts; while one works on the client, somewhere else. */
if (import.meta.env.DEV) window.EXCALIDRAW_ASSET_PATH = __EXCALIDRAW_ASSETS__;

/** Another document is another board: nothing of the one before is left over. */
export default function Board(props: BoardProps) {
  const { doc } = props;
  const [opened, setOpened] = useState({ doc, number: 0 });
  if (opened.doc !== doc) setOpened({ doc, number: opened.number + 1 });
  return <OpenBoard key={opened.number} {...props} />;
}

function OpenBoard({
  doc,
  awareness,
  isEditable,
  title,
  ownId,
  presenterId,
  onFollowStopped,
  pictures: store,
  handle,
}: BoardProps) {
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const api = useRef<ExcalidrawImperativeAPI | null>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const cursors = useRef<HTMLDivElement>(null);
  const [note, setNote] = useState<Note | null>(null);
  const [isOutlineOpen, setOutlineOpen] = useState(false);
  const dismiss = useCallback(() => setNote(null), []);
  const onFull = useCallback(() => setNote({ kind: "full" }), []);
  const { binding, pictures } = useBinding({ api, doc, store, isEditable, onFull });
  const { onPointer, onView, presenterName, isFollowing, setFollowing } = usePresence({
    ...{ api, layer: cursors, awareness, ownId, isEditable, presenterId },
    ...(onFollowStopped && { onFollowStopped }),
  });
  const onChange = useCallback(
    (_elements: unknown, state: AppState) => {
      binding.onSceneChange();
      onView(viewportOf(state));
    },
    [binding, onView],
  );

  /** What Excalidraw shows when a picture cannot be kept. */
  const explain = (error: unknown): never => {
    const code = error instanceof Problem ? error.code : "bad_request";
    throw new Error(t(OF_THE_PICTURE.has(code) ? "board.note.pictureFailed" : `problem.${code}`));
  };

  useImperativeHandle(
    handle,
    () => ({
      save: async (format) => {
        const editor = api.current;
        if (editor === null) throw new Error("the board is not there yet");
        const drawing = { elements: editor.getSceneElements(), files: editor.getFiles(), title };
        const blob = await exportBoard({ ...drawing, paper: paperFor(navigator.languages) }, format);
        download(blob, fileName(title, format));
      },
    }),
    [title],
  );

  const onClear = () => {
    if (api.current === null) return;
    const ids = clear(api.current);
    if (ids.size > 0) setNote({ kind: "cleared", ids });
  };
  const undoClear = (ids: ReadonlySet<string>) => {
    if (api.current !== null) bringBack(api.current, ids);
    dismiss();
  };

  const bar = (
    <BoardBar
      isEditable={isEditable}
      isOutlineOpen={isOutlineOpen}
      onOutline={() => setOutlineOpen((isOpen) => !isOpen)}
      onClear={onClear}
    />
  );
  return (
    <section className={classes.board} aria-label={t("board.title")}>
      <div className={classes.narrow}>{bar}</div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys that are the board's own go no further */}
      <div
        ref={canvas}
        className={classes.canvas}
        data-view={isEditable ? undefined : true}
        onKeyDownCapture={keepUnwanted}
        onKeyDown={(event) => event.stopPropagation()}
        onPointerLeave={() => onPointer(null)}
      >
        <Excalidraw
          excalidrawAPI={(editor) => {
            api.current = editor;
          }}
          initialData={() => beginning(binding.open(), canvas.current)}
          isCollaborating
          viewModeEnabled={!isEditable}
          theme={scheme}
          name={title}
          langCode={LOCALES[i18n.language] ?? "en"}
          UIOptions={{ ...UI_OPTIONS, tools: { image: pictures !== null } }}
          validateEmbeddable={NO_LINK}
          aiEnabled={false}
          {...(pictures && { generateIdForFile: (file: File) => pictures.keep(file).catch(explain) })}
          // Where it is narrow, Excalidraw's tools take all of the width: the bar has a row of its own.
          renderTopRightUI={(isNarrow) => (isNarrow ? null : bar)}
          onChange={onChange}
          onPointerUpdate={({ pointer, button }) => onPointer({ ...pointer, isDown: button === "down" })}
        >
          <MainMenu />
        </Excalidraw>
        <div ref={cursors} className={cursorClasses.layer} aria-hidden="true" />
        <FollowNote
          name={presenterName}
          isFollowing={isFollowing}
          onStop={() => {
            setFollowing(false);
            onFollowStopped?.();
          }}
          onFollow={() => setFollowing(true)}
        />
        <div role="status">
          {note !== null && (
            <Toast
              key={note.kind}
              text={t(`board.note.${note.kind}`)}
              onDismiss={dismiss}
              {...(note.kind === "cleared" && {
                action: t("board.undo"),
                onAction: () => undoClear(note.ids),
              })}
            />
          )}
        </div>
      </div>
      <BoardOutline
        doc={doc}
        isOpen={isOutlineOpen}
        elements={() => fromExcalidraw(api.current?.getSceneElements() ?? [])}
      />
    </section>
  );
}

/** Why a picture was refused that is at fault itself. */
const OF_THE_PICTURE: ReadonlySet<ProblemCode> = new Set(["bad_request", "too_large"]);

type Note = { kind: "cleared"; ids: ReadonlySet<string> } | { kind: "full"; ids?: never };

/** What the editor is to show first. */
function beginning(elements: BoardElement[], canvas: HTMLElement | null) {
  const view = firstView(elements, canvas?.clientWidth ?? 0, canvas?.clientHeight ?? 0);
  const zoom = { value: (view?.zoom ?? 1) as AppState["zoom"]["value"] };
  return {
    elements: toExcalidraw(elements),
    ...(view !== null && { appState: { scrollX: view.scrollX, scrollY: view.scrollY, zoom } }),
  };
}

/** Excalidraw would open its own window for exporting, which a board does not have. */
function keepUnwanted(event: KeyboardEvent): void {
  const isExport = event.key.toLowerCase() === "e" && event.shiftKey && (event.ctrlKey || event.metaKey);
  if (!isExport) return;
  event.preventDefault();
  event.stopPropagation();
}
