/**
 * A whiteboard that several people draw on at once: Excalidraw, held in step with a document that somebody else keeps in
 * step with the others. To be loaded when one opens it: it is as large as the rest of this client many times over.
 */

import "@excalidraw/excalidraw/index.css";
import { Excalidraw, MainMenu } from "@excalidraw/excalidraw";
import type { AppState, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { useComputedColorScheme } from "@mantine/core";
import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { isTyping } from "../controls/useKeys";
import type { BoardCopy } from "../shared/copies";
import { download } from "../shared/download";
import { paperFor } from "../shared/paper";
import { Problem, type ProblemCode } from "../shared/problem";
import { randomId } from "../shared/randomId";
import { Toast } from "../shared/Toast";
import classes from "./Board.module.css";
import { BoardBar } from "./BoardBar";
import { BoardOutline } from "./BoardOutline";
import { BoardDoc } from "./boardDoc";
import { ClearQuestion } from "./ClearQuestion";
import cursorClasses from "./CursorLayer.module.css";
import { type Contributions, contributionsOf, type WhoDrew } from "./contributors";
import { fromExcalidraw, later, placeOf, toExcalidraw, viewportOf } from "./editor";
import { exportBoard } from "./exportBoard";
import type { PictureStore } from "./pictures";
import type { Deed } from "./presence";
import { fileName } from "./saving";
import { bringBack, bringBackVersion, clear } from "./steps";
import { useBinding } from "./useBinding";
import { useFreshLayout } from "./useFreshLayout";
import { usePresence } from "./usePresence";
import { useVanished } from "./useVanished";
import { firstView, isSamePlace, type Viewport } from "./viewport";

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
  /** Asked before a page is cleared. */
  whoDrew?: WhoDrew;
  /** How the board was, to be brought back as soon as it is there, and what that version is called. */
  earlier?: { doc: Y.Doc; name: string } | null;
  onBroughtBack?(): void;
  /** The person has asked for the board: its keys work without a click, unless something is typed elsewhere. */
  isSought?: boolean;
  onFound?(): void;
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
  whoDrew,
  earlier = null,
  onBroughtBack,
  isSought = false,
  onFound,
  pictures: store,
  handle,
}: BoardProps) {
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const api = useRef<ExcalidrawImperativeAPI | null>(null);
  const canvas = useRef<HTMLDivElement>(null);
  /** Where one looked first, for as long as one looks there. */
  const first = useRef<Viewport | null>(null);
  const [isReady, setReady] = useState(false);
  const cursors = useRef<HTMLDivElement>(null);
  const [note, setNote] = useState<Note | null>(null);
  const [question, setQuestion] = useState<Contributions | null>(null);
  const [isOutlineOpen, setOutlineOpen] = useState(false);
  const dismiss = useCallback(() => setNote(null), []);
  const say = useCallback((next: Omit<Note, "id">) => setNote({ ...next, id: randomId() }), []);
  const onFull = useCallback(() => say({ kind: "full" }), [say]);
  const onHeavy = useCallback(() => say({ kind: "heavy" }), [say]);
  const vanishedAbout = useVanished(doc);
  useFreshLayout(api, canvas);
  const { binding, pictures } = useBinding({ api, doc, store, isEditable, onFull, onHeavy });
  const onDeed = useCallback(
    ({ kind }: Deed, name: string) => {
      const then = Date.now();
      const back = () => {
        if (api.current !== null) bringBack(api.current, vanishedAbout(then));
      };
      const isOffered = kind === "cleared" && isEditable;
      say({ kind: `${kind}By`, name, ...(isOffered && { action: "bringBack", onAction: back }) });
    },
    [isEditable, say, vanishedAbout],
  );
  const { onPointer, onView, tell } = usePresence({
    ...{ api, layer: cursors, awareness, ownId, isEditable, presenterId, onDeed },
    ...(onFollowStopped && { onFollowStopped }),
  });
  /** Where there is another place for the board, beside the notes or on a phone that is turned, it is fitted into that. */
  const fitAgain = useCallback((seen: Viewport) => {
    const was = first.current;
    if (was === null || api.current === null || (was.width === seen.width && was.height === seen.height))
      return;
    const elements = fromExcalidraw(api.current.getSceneElements());
    first.current = isSamePlace(was, seen) ? firstView(elements, seen.width, seen.height) : null;
    if (first.current !== null) api.current.updateScene({ appState: placeOf(first.current) });
  }, []);
  const onChange = useCallback(
    (_elements: unknown, state: AppState) => {
      binding.onSceneChange();
      if (!state.isLoading) fitAgain(viewportOf(state));
      onView(viewportOf(state));
      if (!state.isLoading) setReady(true);
    },
    [binding, onView, fitAgain],
  );

  useEffect(() => {
    const editor = api.current;
    if (!isReady || earlier === null || editor === null) return;
    const undo = bringBackVersion(editor, new BoardDoc(earlier.doc));
    onBroughtBack?.();
    if (undo === null) return say({ kind: "same", name: earlier.name });
    tell({ id: randomId(), kind: "broughtBack" });
    say({ kind: "broughtBack", name: earlier.name, action: "undo", onAction: undo });
  }, [isReady, earlier, onBroughtBack, say, tell]);

  useEffect(() => {
    if (!isReady || !isSought) return;
    let cancel: (() => void) | null = null;
    const take = (triesLeft: number) => {
      // What is behind a window that is about to close cannot have the focus yet.
      if (document.querySelector("dialog[open]") !== null && triesLeft > 0) {
        cancel = later(() => take(triesLeft - 1), FOCUS_RETRY_MS);
        return;
      }
      if (!isTyping(document.activeElement)) {
        canvas.current?.querySelector<HTMLElement>(".excalidraw-container")?.focus({ preventScroll: true });
      }
      onFound?.();
    };
    take(MOST_FOCUS_TRIES);
    return () => cancel?.();
  }, [isReady, isSought, onFound]);

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

  const clearNow = () => {
    setQuestion(null);
    if (api.current === null) return;
    const undo = clear(api.current);
    const putBack = binding.takeHidden();
    tell({ id: randomId(), kind: "cleared" });
    const onAction = () => {
      undo?.();
      putBack();
    };
    say({ kind: "cleared", action: "undo", onAction });
  };
  const onClear = async () => {
    binding.flush();
    const all = await contributionsOf(doc, whoDrew);
    if (all.things === 0) return;
    if (all.isOwn) clearNow();
    else setQuestion(all);
  };

  const barWith = (hasZoom: boolean) => (
    <BoardBar
      api={api}
      isEditable={isEditable}
      isOutlineOpen={isOutlineOpen}
      hasZoom={hasZoom}
      onOutline={() => setOutlineOpen((isOpen) => !isOpen)}
      onClear={() => void onClear()}
    />
  );
  return (
    <section className={classes.board} aria-label={t("board.title")}>
      <div className={classes.narrow}>{barWith(true)}</div>
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
          initialData={() => {
            const elements = binding.open();
            const { clientWidth = 0, clientHeight = 0 } = canvas.current ?? {};
            first.current = firstView(elements, clientWidth, clientHeight);
            const view = first.current;
            return { elements: toExcalidraw(elements), ...(view !== null && { appState: placeOf(view) }) };
          }}
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
          renderTopRightUI={(isNarrow) => (isNarrow ? null : barWith(false))}
          onChange={onChange}
          onPointerUpdate={({ pointer, button }) => onPointer({ ...pointer, isDown: button === "down" })}
        >
          <MainMenu />
        </Excalidraw>
        <div ref={cursors} className={cursorClasses.layer} aria-hidden="true" />
        <div role="status">
          {note !== null && (
            <Toast
              key={note.id}
              text={t(`board.note.${note.kind}`, { name: note.name })}
              onDismiss={dismiss}
              {...(note.action !== undefined && {
                action: t(`board.${note.action}`),
                onAction: () => {
                  note.onAction?.();
                  dismiss();
                },
              })}
            />
          )}
        </div>
      </div>
      <ClearQuestion about={question} onClear={clearNow} onKeep={() => setQuestion(null)} />
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

interface Note {
  id: string;
  kind: ("cleared" | "clearedBy" | "broughtBack" | "broughtBackBy" | "same") | ("full" | "heavy");
  /** Of a person or a version. */
  name?: string;
  action?: "undo" | "bringBack";
  onAction?(): void;
}

const FOCUS_RETRY_MS = 100;
const MOST_FOCUS_TRIES = 30;

/** Excalidraw would open its own window for exporting, which a board does not have. */
function keepUnwanted(event: KeyboardEvent): void {
  const isExport = event.key.toLowerCase() === "e" && event.shiftKey && (event.ctrlKey || event.metaKey);
  if (!isExport) return;
  event.preventDefault();
  event.stopPropagation();
}
