/** Signs this browser out: at once, or after a question where that takes somebody out of a room. */

import { Button } from "@mantine/core";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { signOut } from "../connection/http";
import { Dialog } from "../shared/Dialog";
import classes from "./SignOut.module.css";

interface SignOutProps {
  /** The room that one is in, if any. */
  roomName: string | null;
  onSignedOut(): void;
}

export function SignOut({ roomName, onSignedOut }: SignOutProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const leave = () => {
    setAsking(false);
    setFailed(false);
    signOut().then(onSignedOut, () => setFailed(true));
  };
  return (
    <>
      {hasFailed && (
        <span role="alert" className={classes.failed}>
          {t("signOut.failed")}
        </span>
      )}
      <Button
        variant="subtle"
        color="gray"
        className={classes.button}
        leftSection={<LogOut size={18} />}
        onClick={() => (roomName === null ? leave() : setAsking(true))}
      >
        {t("signOut.button")}
      </Button>
      <Dialog title={t("signOut.question")} isOpen={isAsking} onClose={() => setAsking(false)}>
        <p className={classes.text}>{t("signOut.inside", { room: roomName ?? "" })}</p>
        <div className={classes.answers}>
          <Button variant="default" onClick={() => setAsking(false)}>
            {t("signOut.stay")}
          </Button>
          <Button onClick={leave}>{t("signOut.button")}</Button>
        </div>
      </Dialog>
    </>
  );
}
