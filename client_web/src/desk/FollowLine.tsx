/** Says who presents the board, and lets one follow them or look around by oneself. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DocumentInfo } from "../protocol/generated";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import classes from "./FollowLine.module.css";

export function FollowLine({ page }: { page: DocumentInfo | undefined }) {
  const { t } = useTranslation();
  const session = useSession();
  const presenter = useRoom(({ snapshot }) => snapshot?.documents.presenter ?? null);
  const ownId = useRoom(({ you }) => you?.participant_id);
  const name = useRoom(
    ({ snapshot }) =>
      snapshot?.participants.find((one) => one.participant_id === presenter?.participant_id)?.name ?? "",
  );
  const isFollowing = useDocuments((state) => state.isFollowing);
  const isOwn = presenter?.participant_id === ownId;
  const isElsewhere = presenter !== null && page?.document_id !== presenter.document.document_id;
  return (
    <div role="status">
      {presenter !== null && (
        <p className={classes.line}>
          {isOwn
            ? t(isElsewhere ? "desk.present.ownElsewhere" : "desk.present.own")
            : t(isFollowing ? "desk.present.following" : "desk.present.other", { name })}
          {isOwn && isElsewhere && page !== undefined && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void session.documents.present(page.document_id).catch(() => undefined)}
            >
              {t("desk.present.here")}
            </Button>
          )}
          {!isOwn && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => session.documents.setFollowing(!isFollowing)}
            >
              {t(isFollowing ? "desk.present.lookAround" : "desk.present.follow")}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}
