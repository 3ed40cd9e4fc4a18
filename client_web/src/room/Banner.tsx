/** One line about the connection, when there is something to say. */

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMedia, useRoom, useSession } from "../session/sessionContext";
import type { RoomState } from "../state/roomState";
import classes from "./Banner.module.css";

type Trouble = "offline" | "reconnecting" | "serverStopping" | "blocked" | "media";
type Shown = Trouble | "back";

/** A hiccup shorter than this is not worth a word. */
const PATIENCE_MS = 600;
const BACK_MS = 3_500;

export function Banner() {
  const { t } = useTranslation();
  const shown = useShown();
  const isSoundBlocked = useMedia((media) => media.isSoundBlocked);
  const session = useSession();
  return (
    <div className={classes.banners}>
      <div role="status">
        {shown !== null && (
          <p className={classes.banner} data-good={shown === "back" || undefined}>
            {t(`banner.${shown}`)}
            {shown === "blocked" && (
              <>
                {" "}
                {/* Not in this tab: the meeting goes on being tried. */}
                <a href="/connection-test" target="_blank" rel="noopener">
                  {t("connectionTest.link")}
                </a>
              </>
            )}
          </p>
        )}
      </div>
      {isSoundBlocked && (
        <button type="button" className={classes.sound} onClick={() => session.setSoundBlocked(false)}>
          {t("room.hearClick")}
        </button>
      )}
    </div>
  );
}

function troubleOf(
  connection: RoomState["connection"],
  isBlocked: boolean,
  isMediaDown: boolean,
): Trouble | null {
  if (connection.kind === "offline") return "offline";
  if (connection.kind === "reconnecting") {
    return connection.isServerStopping ? "serverStopping" : "reconnecting";
  }
  if (isBlocked) return "blocked";
  return isMediaDown ? "media" : null;
}

/** What to show: trouble once it has lasted a moment, and after it, for a while, that it is over. */
function useShown(): Shown | null {
  const connection = useRoom((state) => state.connection);
  const isMediaDown = useMedia(({ status }) => status === "waiting" || status === "rebuilding");
  const isBlocked = useMedia((media) => media.isBlocked);
  const trouble = troubleOf(connection, isBlocked, isMediaDown);
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    if (trouble !== null) {
      const timer = setTimeout(() => setShown(trouble), PATIENCE_MS);
      return () => clearTimeout(timer);
    }
    setShown((last) => (last === null ? null : "back"));
    const timer = setTimeout(() => setShown(null), BACK_MS);
    return () => clearTimeout(timer);
  }, [trouble]);
  return shown;
}
