/** A page of the board as it was: to read at once, and to see when somebody wants to: what draws it is large. */

import { Button } from "@mantine/core";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { BoardDoc } from "../board/boardDoc";
import { OutlineSections } from "../board/OutlineSections";
import { outlineOf } from "../board/outline";
import { createPictureStore } from "../documents/pictureStore";
import type { RecordedDocument } from "../protocol/generated";
import classes from "./KeptPage.module.css";
import { NOBODY } from "./nobody";
import type { Kept } from "./useKept";

const Board = lazy(() => import("../board/Board"));

interface KeptBoardProps {
  slug: string;
  page: RecordedDocument;
  kept: Kept;
}

export default function KeptBoard({ slug, page, kept }: KeptBoardProps) {
  const { t } = useTranslation();
  const [isDrawn, setDrawn] = useState(false);
  const sections = useMemo(() => {
    const board = new BoardDoc(kept.doc);
    const elements = [...board.elements.keys()].map((id) => board.read(id));
    return outlineOf(elements.filter((element) => element !== null));
  }, [kept]);
  const pictures = useMemo(() => createPictureStore(slug, page.document_id), [slug, page.document_id]);
  return (
    <>
      <div className={classes.outline}>
        <OutlineSections sections={sections} />
      </div>
      {sections.length > 0 && (
        <Button variant="default" aria-expanded={isDrawn} onClick={() => setDrawn(!isDrawn)}>
          {t(isDrawn ? "record.drawing.hide" : "record.drawing.show")}
        </Button>
      )}
      {isDrawn && (
        <div className={classes.drawing}>
          <Suspense fallback={<p className={classes.waiting}>{t("page.loading")}</p>}>
            <Board
              doc={kept.doc}
              awareness={kept.awareness}
              isEditable={false}
              title={page.title}
              self={NOBODY}
              presenterId={null}
              pictures={pictures}
            />
          </Suspense>
        </div>
      )}
    </>
  );
}
