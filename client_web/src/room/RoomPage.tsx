/** `/r/SLUG`: the pre-join page, then the room, then good-bye. */

import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchPreview, fetchSession } from "../connection/http";
import { createSocket } from "../connection/socket";
import { loadDocumentLink } from "../documents/loadDocumentLink";
import { loadDevice } from "../media/loadDevice";
import type { Wanted } from "../media/localMedia";
import { entryOf, recallEntry, rememberEntry } from "../prejoin/entryMemory";
import { PreJoin } from "../prejoin/PreJoin";
import type { RoomPreview, SignedIn } from "../protocol/generated";
import { RoomSession } from "../session/roomSession";
import { SessionContext, useRoom } from "../session/sessionContext";
import { LoadingPage } from "../shared/Page";
import { ProblemPage } from "../shared/ProblemPage";
import { PeopleContext } from "../shared/palette";
import { inThisTab, onThisDevice } from "../shared/storage";
import { usePoll } from "../shared/usePoll";
import { peopleOf } from "../state/people";
import { hasConnectionTrouble, maySend } from "../state/roomState";
import { type Visit, VisitMemory } from "../state/visit";
import { LeftPage } from "./LeftPage";
import { RoomView } from "./RoomView";

const NOTHING: Wanted = { isMicrophoneOn: null, isCameraOn: false };
const POLL_MS = 4_000;

export function RoomPage({ slug }: { slug: string }) {
  const [visit, setVisit] = useState(() => ({
    number: 0,
    // A reload in the middle of a meeting goes straight back in.
    interrupted: new VisitMemory(inThisTab(), slug).recall(),
  }));
  const rejoin = useCallback((interrupted: Visit | null) => {
    setVisit(({ number }) => ({ number: number + 1, interrupted }));
  }, []);
  return <RoomVisit key={visit.number} slug={slug} interrupted={visit.interrupted} onRejoin={rejoin} />;
}

interface RoomVisitProps {
  slug: string;
  interrupted: Visit | null;
  onRejoin(visit: Visit | null): void;
}

function RoomVisit({ slug, interrupted, onRejoin }: RoomVisitProps) {
  const [session, setSession] = useState<RoomSession | null>(null);
  useEffect(() => {
    const created = new RoomSession({
      slug,
      createSocket,
      loadDevice,
      loadDocumentLink,
      mediaDevices: navigator.mediaDevices,
      permissions: navigator.permissions,
      deviceMemory: onThisDevice(),
      tabMemory: inThisTab(),
    });
    created.open();
    if (interrupted !== null) created.enterDirectly(interrupted);
    // It was somebody else's visit: whoever is signed in now is shown the door.
    const end = created.room.subscribe(({ phase, snapshot }) => {
      const isOther = phase.kind === "stopped" && phase.problem.code === "other_person";
      if (interrupted !== null && snapshot === null && isOther) onRejoin(null);
    });
    setSession(created);
    return () => {
      end();
      created.close();
    };
  }, [slug, interrupted, onRejoin]);
  if (session === null) return <LoadingPage />;
  return (
    <SessionContext value={session}>
      <Visited
        session={session}
        isDirect={interrupted !== null}
        onRejoin={() => onRejoin(session.lastVisit)}
      />
    </SessionContext>
  );
}

interface VisitedProps {
  session: RoomSession;
  isDirect: boolean;
  onRejoin(): void;
}

function Visited({ session, isDirect, onRejoin }: VisitedProps) {
  const phase = useRoom((state) => state.phase);
  const roomName = useRoom(({ snapshot }) => snapshot?.room.name ?? "");
  switch (phase.kind) {
    case "inside":
      return (
        <PeopleInside>
          <RoomView />
        </PeopleInside>
      );
    case "left":
      return <LeftPage roomName={roomName} onRejoin={onRejoin} />;
    case "stopped":
      return <ProblemPage problem={phase.problem} wasSignedIn={roomName !== ""} />;
    case "door":
    case "joining":
      return isDirect ? <Returning /> : <Door session={session} />;
  }
}

/** Tells everything inside who is there: nobody has the colour of another. */
function PeopleInside({ children }: { children: ReactNode }) {
  // As text, because the list is made anew whenever anything of anybody changes.
  const ids = useRoom(({ snapshot }) => peopleOf(snapshot?.participants ?? []).join(" "));
  const people = useMemo(() => ids.split(" "), [ids]);
  return <PeopleContext value={people}>{children}</PeopleContext>;
}

/** A reload on its way back in: never the pre-join page again. */
function Returning() {
  const { t } = useTranslation();
  const hasTrouble = useRoom(hasConnectionTrouble);
  return <LoadingPage note={hasTrouble ? t("door.stillTrying") : t("door.joining")} />;
}

function Door({ session }: { session: RoomSession }) {
  const [read] = useState(() => createDoorReader(session.slug));
  const { value, problem, retry } = usePoll(read, POLL_MS);
  const isKnown = value !== null;
  const canSend = useRoom(maySend);

  // Before anything is painted: who may only watch never sees the switches, nor anybody else the words about watching.
  useLayoutEffect(() => {
    if (value !== null) session.permit(value.preview.permitted);
  }, [session, value]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: who stands here and what the server can do stay the same
  useEffect(() => {
    if (value === null) return;
    session.prepare(value.signedIn.person.person_id, value.preview.media);
    void session.local.start(maySend(session.room.getState()) ? recallEntry(onThisDevice()) : NOTHING);
  }, [session, isKnown]);

  if (value === null) {
    return problem === null ? <LoadingPage /> : <ProblemPage problem={problem} onRetry={retry} />;
  }
  const join = () => {
    const { microphone, camera } = session.local;
    // Who may only watch here wants the same as before elsewhere.
    if (canSend) rememberEntry(onThisDevice(), entryOf(microphone.state, camera.state));
    session.join();
  };
  return <PreJoin preview={value.preview} person={value.signedIn.person} onJoin={join} />;
}

interface DoorView {
  signedIn: SignedIn;
  preview: RoomPreview;
}

/** Who one is does not change at the door; who is inside does. */
function createDoorReader(slug: string): (signal: AbortSignal) => Promise<DoorView> {
  let known: SignedIn | null = null;
  return async (signal) => {
    const [signedIn, preview] = await Promise.all([
      known ?? fetchSession(signal),
      fetchPreview(slug, signal),
    ]);
    known = signedIn;
    return { signedIn, preview };
  };
}
