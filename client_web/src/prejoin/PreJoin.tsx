/** Before the door: see and hear oneself, see who is inside, and go in with one click. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Announcer } from "../controls/Announcer";
import { DeviceRows } from "../controls/DeviceRows";
import { HintList } from "../controls/HintList";
import { useToggleKeys } from "../controls/useKeys";
import type { RoomPreview } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { Page } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";
import { hasConnectionTrouble } from "../state/roomState";
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
  const hasTrouble = useRoom(hasConnectionTrouble);
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
          <HintList />
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
      <Announcer />
    </Page>
  );
}
