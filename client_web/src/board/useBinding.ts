/** What ties an editor to its document while a board is open. */

import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { type RefObject, useEffect, useLayoutEffect, useMemo } from "react";
import type * as Y from "yjs";
import { BoardBinding } from "./binding";
import { createScene, later } from "./editor";
import { type PictureStore, Pictures } from "./pictures";

interface BindingOptions {
  api: RefObject<ExcalidrawImperativeAPI | null>;
  doc: Y.Doc;
  store: PictureStore | undefined;
  isEditable: boolean;
  onFull(): void;
  onHeavy(): void;
}

/** `onFull` and `onHeavy` must stay the same functions, and `store` the same object. */
export function useBinding({ api, doc, store, isEditable, onFull, onHeavy }: BindingOptions) {
  const pictures = useMemo(
    () => (store === undefined ? null : new Pictures(store, (picture) => api.current?.addFiles([picture]))),
    [api, store],
  );
  const binding = useMemo(
    () =>
      new BoardBinding({
        ...{ doc, later, onFull, onHeavy },
        scene: createScene(() => api.current),
        onPicture: (fileId) => pictures?.want(fileId),
      }),
    [api, doc, pictures, onFull, onHeavy],
  );
  useEffect(() => binding.setEditable(isEditable), [binding, isEditable]);
  // Before the editor goes, and what is drawn in it.
  useLayoutEffect(() => () => binding.close(), [binding]);
  useEffect(() => () => pictures?.close(), [pictures]);
  return { binding, pictures };
}
