/** Says whose view of the board one sees, and lets one look around alone or come back. */

import { Button } from "@mantine/core";
import { Eye } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./FollowNote.module.css";

interface FollowNoteProps {
  /** Null while nobody else presents. */
  name: string | null;
  isFollowing: boolean;
  onStop(): void;
  onFollow(): void;
}

export function FollowNote({ name, isFollowing, onStop, onFollow }: FollowNoteProps) {
  const { t } = useTranslation();
  return (
    <div role="status">
      {name !== null && (
        <div className={classes.note}>
          {isFollowing && (
            <span className={classes.text}>
              <Eye size={18} aria-hidden /> <span>{t("board.follow.following", { name })}</span>
            </span>
          )}
          <Button
            size="compact-sm"
            variant={isFollowing ? "white" : "filled"}
            className={classes.action}
            onClick={isFollowing ? onStop : onFollow}
          >
            {isFollowing ? t("board.follow.stop") : t("board.follow.again", { name })}
          </Button>
        </div>
      )}
    </div>
  );
}
