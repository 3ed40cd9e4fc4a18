/**
 * A whiteboard that several people draw on at once: Excalidraw, held in step with a document that somebody else keeps in
 * step with the others. To be loaded when one opens it: it is as large as the rest of this client many times over.
 */

import "@excalidraw/excalidraw/index.css";
import { Excalidraw, MainMenu } from "@excalidraw/excalidraw";
import type { AppState, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { Problem, type ProblemCode } from "../shared/problem";
import classes from "./Board.module.css";
import { BoardBar } from "./BoardBar";
import { BoardOutline } from "./BoardOutline";
import { bringBack, clear } from "./clearing";
import { fromExcalidraw, toExcalidraw, viewportOf } from "./editor";
import type { BoardElement } from "./elements";
import { FollowNote } from "./FollowNote";
import type { PictureStore } from "./pictures";
import type { Self } from "./presence";
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
  /** Names exported files. */
  title: string;
  self: Self;
  /** participantId of who presents this board and is followed, or null; own id when one presents. */
  presenterId: string | null;
  onFollowStopped?(): void;
  /** Without it no pictures can be put on the board, nor seen. Must stay the same object. */
  pictures?: PictureStore;
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
  self,
  presenterId,
  onFollowStopped,
  pictures: store,
}: BoardProps) {
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const api = useRef<ExcalidrawImperativeAPI | null>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const [note, setNote] = useState<Note | null>(null);
  const [isOutlineOpen, setOutlineOpen] = useState(false);
  const dismiss = useCallback(() => setNote(null), []);
  const onFull = useCallback(() => setNote({ kind: "full" }), []);
  const { binding, pictures } = useBinding({ api, doc, store, isEditable, onFull });
  const { onPointer, onView, presenterName, isFollowing, setFollowing } = usePresence({
    ...{ api, awareness, self, isEditable, presenterId },
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
      api={api}
      title={title}
      isEditable={isEditable}
      isOutlineOpen={isOutlineOpen}
      onOutline={() => setOutlineOpen((isOpen) => !isOpen)}
      onClear={onClear}
      onFailed={() => setNote({ kind: "exportFailed" })}
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

type Note = { kind: "cleared"; ids: ReadonlySet<string> } | { kind: "full" | "exportFailed"; ids?: never };

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
