/** The list of rooms: where one can go, and where somebody is; and what one is to do. */

import { ArrowRight, BookOpen, ChartColumn, Coffee, Mic, Store, Sunrise, Users } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchHours } from "../connection/hours";
import { untilLoaded } from "../connection/untilLoaded";
import type { Inside, RoomKind, TaskList } from "../protocol/generated";
import { ConnectionTestLink } from "../shared/ConnectionTestLink";
import { fetchedPart } from "../shared/fetchedPart";
import { listNames, namesAndRest } from "../shared/insideText";
import { LoadingPage, MessagePage, Page } from "../shared/Page";
import { ProblemPage, WelcomePage } from "../shared/ProblemPage";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import classes from "./HomePage.module.css";
import { type HomeView, isIn, type RoomView, readHome } from "./readHome";
import { SignOut } from "./SignOut";
import type TaskCard from "./TaskCard";
import { HOURS_ID, WaitingHint } from "./WaitingHint";

const POLL_MS = 8_000;
/** What is done together changes seldom, and takes the server more to tell. */
const HOURS_POLL_MS = 60_000;

/** With more, what is below them is out of sight; `.hint` in the style sheet says the same. */
const FEW_ROOMS = 3;

const HoursCard = fetchedPart(() => untilLoaded(() => import("../hours/HoursCard")), Nothing);

export function HomePage() {
  const { t } = useTranslation();
  const [isSignedOut, setSignedOut] = useState(false);
  usePageTitle(t("app.name"));
  if (isSignedOut) {
    return (
      <MessagePage title={t("signOut.done")} hasWayHome={false}>
        <p>{t("signOut.doneText")}</p>
      </MessagePage>
    );
  }
  return <Rooms onSignedOut={() => setSignedOut(true)} />;
}

function Rooms({ onSignedOut }: { onSignedOut(): void }) {
  const { value, problem, retry } = usePoll(readHome, POLL_MS);
  if (problem?.category === "sign_in") return <WelcomePage />;
  if (value === null) {
    return problem ? <ProblemPage problem={problem} onRetry={retry} /> : <LoadingPage />;
  }
  return <SignedInHome view={value} onTaken={retry} onSignedOut={onSignedOut} />;
}

interface SignedInHomeProps {
  view: HomeView;
  /** What is to be done is another list now. */
  onTaken(): void;
  onSignedOut(): void;
}

function SignedInHome({ view: { signedIn, rooms, tasks }, onTaken, onSignedOut }: SignedInHomeProps) {
  const { t } = useTranslation();
  const { value: hours, retry } = usePoll(fetchHours, HOURS_POLL_MS);
  const { person } = signedIn;
  const own = rooms.find((one) => isIn(person.person_id, one));
  const isCoordinator = person.role === "coordinator";
  // What stands below them is not seen then.
  const hasMany = rooms.length > FEW_ROOMS;
  return (
    <Page aside={<SignOut roomName={own?.room.name ?? null} onSignedOut={onSignedOut} />}>
      <div className={classes.home}>
        <p className={classes.programme}>{signedIn.programme_name}</p>
        <h1>{t("home.greeting", { name: person.name })}</h1>
        <p className={classes.lead}>{rooms.length > 0 ? t("home.lead") : t("home.empty")}</p>
        {hours !== null && <WaitingHint hours={hours} />}
        {isCoordinator && hasMany && <ProgrammeLink />}
        <ul className={classes.rooms}>
          {rooms.map((view) => (
            <li key={view.room.room_id}>
              <RoomCard view={view} ownId={person.person_id} />
            </li>
          ))}
        </ul>
        {/* Who never had mentor or mentee sees nothing of it. */}
        {hours !== null && (hours.pairs.length + hours.waiting.length > 0 || hours.has_past_pairs) && (
          <div id={HOURS_ID} className={classes.hours}>
            <HoursCard hours={hours} ownId={person.person_id} onChanged={retry} />
          </div>
        )}
        <Tasks tasks={tasks} rooms={rooms} onTaken={onTaken} />
        {isCoordinator && !hasMany && <ProgrammeLink />}
        <p className={classes.foot}>
          <ConnectionTestLink />
        </p>
      </div>
    </Page>
  );
}

/** Coordinators look after everybody's hours. */
function ProgrammeLink() {
  const { t } = useTranslation();
  return (
    <Link href="/hours/programme" className={`${classes.card} ${classes.way}`}>
      <span className={classes.icon}>
        <ChartColumn size={26} aria-hidden="true" />
      </span>
      <span className={classes.words}>
        <span className={classes.name}>{t("home.programme")}</span>
        <span className={classes.kind}>{t("home.programmeText")}</span>
      </span>
      <ArrowRight size={20} aria-hidden="true" className={classes.arrow} />
    </Link>
  );
}

function Nothing() {
  return null;
}

interface TasksProps {
  tasks: TaskList | null;
  rooms: readonly RoomView[];
  onTaken(): void;
}

/** From the first task on: what was ticked last can still be taken back when there is none any more. */
function Tasks({ tasks, rooms, onTaken }: TasksProps) {
  const [known, setKnown] = useState<TaskList | null>(null);
  const [Card, setCard] = useState<typeof TaskCard | null>(null);
  useEffect(() => {
    if (tasks === null || (tasks.tasks.length === 0 && known === null)) return;
    setKnown(tasks);
    // On a line that fails just now it is tried again with the next list; the rooms are there.
    if (Card === null) {
      import("./TaskCard").then(
        (loaded) => setCard(() => loaded.default),
        () => undefined,
      );
    }
  }, [tasks, known, Card]);
  if (known === null || Card === null) return null;
  return <Card list={known} rooms={rooms.map(({ room }) => room)} onTaken={onTaken} />;
}

const ICONS: Readonly<Record<RoomKind, typeof Sunrise>> = {
  round_up: Sunrise,
  lounge: Coffee,
  lesson: BookOpen,
  one_to_one: Users,
  stage: Mic,
  booth: Store,
};

function RoomCard({ view, ownId }: { view: RoomView; ownId: string }) {
  const { t } = useTranslation();
  const { room, insideCount, inside } = view;
  const Icon = ICONS[room.kind];
  const isOwn = isIn(ownId, view);
  const others = inside.filter((person) => person.person_id !== ownId);
  return (
    <Link href={`/r/${room.slug}`} className={classes.card}>
      <span className={classes.icon}>
        <Icon size={26} aria-hidden="true" />
      </span>
      <span className={classes.words}>
        <span className={classes.name}>{room.name}</span>
        <span className={classes.kind}>{t(`home.kind.${room.kind}`)}</span>
        {others.length > 0 && <Names people={others} />}
      </span>
      <span className={classes.inside} data-live={insideCount > 0 || undefined}>
        {isOwn
          ? t("home.you")
          : insideCount > 0
            ? t("home.inside", { count: insideCount })
            : t("home.nobody")}
      </span>
      <ArrowRight size={20} aria-hidden="true" className={classes.arrow} />
    </Link>
  );
}

function Names({ people }: { people: readonly Inside[] }) {
  const { t, i18n } = useTranslation();
  const { said, rest } = namesAndRest(people.map(({ name }) => name));
  const names = listNames(said, i18n.language, rest === 0);
  return (
    <span className={classes.kind}>{rest > 0 ? t("home.namesMore", { names, count: rest }) : names}</span>
  );
}
