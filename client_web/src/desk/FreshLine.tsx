/** Offers the newest page to who has an earlier one before them, and on another day a fresh one; the earlier ones stay. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dayName } from "../chat/dayName";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import classes from "./FollowLine.module.css";
import { isOfEarlierDay } from "./names";
import { useBeginnings } from "./useBeginnings";
import { usePages } from "./useDocument";

export function FreshLine({ kind, page }: { kind: DocumentKind; page: DocumentInfo | undefined }) {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const [beginning] = useBeginnings(kind);
  const [isBusy, setBusy] = useState(false);
  const newest = usePages(kind).at(-1);
  const mayBegin = useRoom(({ permitted }) => permitted.includes("document_create"));
  const isFollowing = useDocuments((state) => state.isFollowing);
  // Whoever follows has asked to be shown what the presenter sees.
  if (kind === "board" && isFollowing) return <div role="status" />;
  if (page !== undefined && newest !== undefined && page !== newest) {
    return (
      <div role="status">
        <p className={classes.line}>
          {t("desk.newer", { title: newest.title })}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => session.documents.show(kind, newest.document_id)}
          >
            {t("desk.newerButton")}
          </Button>
        </p>
      </div>
    );
  }
  const isOffered = page !== undefined && isOfEarlierDay(page, Date.now());
  if (!isOffered || !mayBegin || beginning === undefined) return <div role="status" />;
  const words = { today: t("chat.today"), yesterday: t("chat.yesterday") };
  const begin = async () => {
    setBusy(true);
    try {
      await session.documents.begin(kind, beginning.title(), await beginning.begin());
    } catch {
      // The offer stays.
    } finally {
      setBusy(false);
    }
  };
  return (
    <p className={classes.line}>
      {t("desk.freshPage", { day: dayName(page.created_at, Date.now(), i18n.language, words) })}
      <Button size="compact-sm" variant="default" loading={isBusy} onClick={() => void begin()}>
        {t("desk.freshButton")}
      </Button>
    </p>
  );
}
