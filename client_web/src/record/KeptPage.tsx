/** A page of the board, or notes, as it was at a meeting's end; or that there is one, while the meeting is going on. */

import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { untilLoaded } from "../connection/untilLoaded";
import type { RecordedDocument } from "../protocol/generated";
import { CopyButton } from "../shared/CopyButton";
import { COPIES, copyQuery } from "../shared/copies";
import { fetchedPart } from "../shared/fetchedPart";
import classes from "./KeptPage.module.css";
import { fileOf } from "./read";
import { useKept } from "./useKept";
import { Waiting } from "./Waiting";

const KeptNotes = fetchedPart(() => untilLoaded(() => import("./KeptNotes")), Waiting);
const KeptBoard = fetchedPart(() => untilLoaded(() => import("./KeptBoard")), Waiting);

interface KeptPageProps {
  slug: string;
  meetingId: string;
  /** The meeting's day, as people write it. */
  heldOn: string;
  page: RecordedDocument;
  onTimestamp(meetingId: string, at: number): void;
}

export function KeptPage(props: KeptPageProps) {
  const { slug, page } = props;
  const { t } = useTranslation();
  return (
    <article className={classes.page} aria-label={`${t(`desk.${page.kind}`)}: ${page.title}`}>
      <header className={classes.head}>
        <h3 className={classes.title}>
          <span className={classes.kind}>{t(`desk.${page.kind}`)}</span> {page.title}
        </h3>
        {page.has_changed_since && (
          <p className={classes.changed}>
            {t("record.changed")}{" "}
            <Anchor component={Link} href={`/r/${slug}`} className={classes.link}>
              {t("record.today")}
            </Anchor>
          </p>
        )}
      </header>
      {page.is_kept && <Kept {...props} />}
    </article>
  );
}

function Kept({ slug, meetingId, heldOn, page, onTimestamp }: KeptPageProps) {
  const { t, i18n } = useTranslation();
  const { kept, problem } = useKept(slug, meetingId, page.document_id);
  if (problem !== null) return <p role="alert">{t("record.unreadable")}</p>;
  if (kept === null) return <Waiting />;
  if (page.kind === "board") return <KeptBoard slug={slug} page={page} kept={kept} />;
  return (
    <>
      <KeptNotes title={page.title} kept={kept} onTimestamp={onTimestamp} />
      <div className={classes.files}>
        <CopyButton
          copies={{
            endings: COPIES.notes,
            hrefOf: (ending) =>
              fileOf(slug, meetingId, page.document_id, ending, copyQuery(i18n.language, heldOn)),
          }}
        />
      </div>
    </>
  );
}
