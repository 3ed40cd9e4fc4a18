/** Before the door: see and hear oneself, see who is inside, and go in with one click. */

import { Anchor, Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Announcer } from "../controls/Announcer";
import { DeviceRows } from "../controls/DeviceRows";
import { HintList } from "../controls/HintList";
import { useToggleKeys } from "../controls/useKeys";
import type { Person, RoomPreview } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { ConnectionTestLink } from "../shared/ConnectionTestLink";
import { Page } from "../shared/Page";
import { meetingsPath } from "../shared/recordPath";
import { usePageTitle } from "../shared/usePageTitle";
import { hasConnectionTrouble, maySend } from "../state/roomState";
import { JoinWays } from "./JoinWays";
import classes from "./PreJoin.module.css";
import { Preview } from "./Preview";
import { WatchOnly } from "./WatchOnly";
import { WhoIsInside } from "./WhoIsInside";

interface PreJoinProps {
  preview: RoomPreview;
  person: Person;
  onJoin(): void;
}

export function PreJoin({ preview, person, onJoin }: PreJoinProps) {
  const { t } = useTranslation();
  const session = useSession();
  const isJoining = useRoom((state) => state.phase.kind === "joining");
  const canSend = useRoom(maySend);
  const hasTrouble = useRoom(hasConnectionTrouble);
  usePageTitle(`${preview.room.name} · ${t("app.name")}`);
  useToggleKeys(session);
  return (
    <Page>
      <div className={classes.door}>
        {canSend ? <Preview person={person} /> : <WatchOnly person={person} />}
        <div className={classes.panel}>
          <div>
            <h1 className={classes.name}>{preview.room.name}</h1>
            <WhoIsInside inside={preview.inside} ownId={person.person_id} />
          </div>
          {canSend && <JoinWays />}
          <DeviceRows />
          <HintList most={2} />
          <div className={classes.go}>
            <Button size="xl" fullWidth onClick={onJoin} loading={isJoining} className={classes.join}>
              {t("door.join")}
            </Button>
            <p role="status" className={classes.below}>
              {isJoining
                ? t(hasTrouble ? "door.stillTrying" : "door.joining")
                : t("door.joiningAs", { name: person.name })}
            </p>
          </div>
          <div className={classes.ways}>
            <Anchor component={Link} href={meetingsPath(preview.room.slug)} className={classes.way}>
              {t("door.meetings")}
            </Anchor>
            <ConnectionTestLink />
          </div>
        </div>
      </div>
      <Announcer />
    </Page>
  );
}
