/** Before the door: see and hear oneself, see who is inside, and go in with one click. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RoomPreview } from "../protocol/generated";
import { useRoom, useSession } from "../room/sessionContext";
import { useToggleKeys } from "../room/useKeys";
import { Page } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";
import { DeviceRows } from "./DeviceRows";
import { JoinWays } from "./JoinWays";
import classes from "./PreJoin.module.css";
import { Preview } from "./Preview";
import { WhoIsInside } from "./WhoIsInside";

interface PreJoinProps {
  preview: RoomPreview;
  ownName: string;
  onJoin(): void;
}

export function PreJoin({ preview, ownName, onJoin }: PreJoinProps) {
  const { t } = useTranslation();
  const session = useSession();
  const isJoining = useRoom((state) => state.phase.kind === "joining");
  const hasTrouble = useRoom(({ connection }) =>
    connection.kind === "connecting" ? connection.problem !== null : connection.kind !== "connected",
  );
  usePageTitle(`${preview.room.name} · ${t("app.name")}`);
  useToggleKeys(session);
  return (
    <Page>
      <div className={classes.door}>
        <Preview ownName={ownName} />
        <div className={classes.panel}>
          <div>
            <h1 className={classes.name}>{preview.room.name}</h1>
            <WhoIsInside inside={preview.inside} />
          </div>
          <JoinWays />
          <DeviceRows />
          <div className={classes.go}>
            <Button size="xl" fullWidth onClick={onJoin} loading={isJoining} className={classes.join}>
              {t("door.join")}
            </Button>
            <p role="status" className={classes.trying}>
              {isJoining && hasTrouble ? t("door.stillTrying") : isJoining ? t("door.joining") : null}
            </p>
          </div>
        </div>
      </div>
    </Page>
  );
}
