/** A page of the board as it was: to read at once, and to see when somebody wants to: what draws it is large. */

import { Button } from "@mantine/core";
import { useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoardHandle } from "../board/Board";
import { BoardDoc } from "../board/boardDoc";
import { OutlineSections } from "../board/OutlineSections";
import { outlineOf } from "../board/outline";
import { untilLoaded } from "../connection/untilLoaded";
import { createPictureStore } from "../documents/pictureStore";
import type { RecordedDocument } from "../protocol/generated";
import { CopyButton } from "../shared/CopyButton";
import { type BoardCopy, COPIES } from "../shared/copies";
import { fetchedPart } from "../shared/fetchedPart";
import classes from "./KeptPage.module.css";
import type { Kept } from "./useKept";
import { Waiting } from "./Waiting";

const Board = fetchedPart(() => untilLoaded(() => import("../board/Board")), Waiting);

interface KeptBoardProps {
  slug: string;
  page: RecordedDocument;
  kept: Kept;
}

export default function KeptBoard({ slug, page, kept }: KeptBoardProps) {
  const { t } = useTranslation();
  const [isDrawn, setDrawn] = useState(false);
  const sections = useMemo(() => outlineOf(new BoardDoc(kept.doc).all()), [kept]);
  const pictures = useMemo(() => createPictureStore(slug, page.document_id), [slug, page.document_id]);
  const board = useRef<BoardHandle>(null);
  const save = useCallback(async (format: BoardCopy) => {
    if (board.current === null) throw new Error("the board is not there yet");
    await board.current.save(format);
  }, []);
  return (
    <>
      <div className={classes.outline}>
        <OutlineSections sections={sections} />
      </div>
      {sections.length > 0 && (
        <div className={classes.files}>
          <Button variant="default" aria-expanded={isDrawn} onClick={() => setDrawn(!isDrawn)}>
            {t(isDrawn ? "record.drawing.hide" : "record.drawing.show")}
          </Button>
          {isDrawn && <CopyButton copies={{ endings: COPIES.board, save }} />}
        </div>
      )}
      {isDrawn && (
        <div className={classes.drawing}>
          <Board
            doc={kept.doc}
            awareness={kept.awareness}
            isEditable={false}
            title={page.title}
            ownId={null}
            presenterId={null}
            pictures={pictures}
            handle={board}
          />
        </div>
      )}
    </>
  );
}
