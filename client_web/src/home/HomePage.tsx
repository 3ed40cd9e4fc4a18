/** The list of rooms: where one can go, and where somebody is. */

import { Button } from "@mantine/core";
import { ArrowRight, BookOpen, Coffee, LogOut, Mic, Store, Sunrise, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchPreview, fetchSession, signOut } from "../connection/http";
import type { RoomKind, RoomSummary } from "../protocol/generated";
import { LoadingPage, Page } from "../shared/Page";
import { ProblemPage, WelcomePage } from "../shared/ProblemPage";
import { useInsideText } from "../shared/useInsideText";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import classes from "./HomePage.module.css";

const POLL_MS = 8_000;

export function HomePage() {
  const { t } = useTranslation();
  const { value: session, problem, retry } = usePoll(fetchSession, POLL_MS);
  usePageTitle(t("app.name"));
  if (problem?.category === "sign_in") return <WelcomePage />;
  if (session === null) {
    return problem ? <ProblemPage problem={problem} onRetry={retry} /> : <LoadingPage />;
  }
  const { person, programme_name, rooms } = session;
  return (
    <Page
      aside={
        <Button
          variant="subtle"
          color="gray"
          className={classes.signOut}
          leftSection={<LogOut size={18} />}
          onClick={() => void signOut().finally(retry)}
        >
          {t("page.signOut")}
        </Button>
      }
    >
      <div className={classes.home}>
        <p className={classes.programme}>{programme_name}</p>
        <h1>{t("home.greeting", { name: person.name })}</h1>
        <p className={classes.lead}>{rooms.length > 0 ? t("home.lead") : t("home.empty")}</p>
        <ul className={classes.rooms}>
          {rooms.map((summary) => (
            <li key={summary.room.room_id}>
              <RoomCard summary={summary} />
            </li>
          ))}
        </ul>
      </div>
    </Page>
  );
}

const ICONS: Readonly<Record<RoomKind, typeof Sunrise>> = {
  round_up: Sunrise,
  lounge: Coffee,
  lesson: BookOpen,
  one_to_one: Users,
  stage: Mic,
  booth: Store,
};

function RoomCard({ summary: { room, inside_count } }: { summary: RoomSummary }) {
  const { t } = useTranslation();
  const Icon = ICONS[room.kind];
  return (
    <Link href={`/r/${room.slug}`} className={classes.card}>
      <span className={classes.icon}>
        <Icon size={26} aria-hidden="true" />
      </span>
      <span className={classes.words}>
        <span className={classes.name}>{room.name}</span>
        <span className={classes.kind}>{t(`home.kind.${room.kind}`)}</span>
        {inside_count > 0 && <Names slug={room.slug} />}
      </span>
      <span className={classes.inside} data-live={inside_count > 0 || undefined}>
        {inside_count > 0 ? t("home.inside", { count: inside_count }) : t("home.nobody")}
      </span>
      <ArrowRight size={20} aria-hidden="true" className={classes.arrow} />
    </Link>
  );
}

/** Who is in a room, asked for only where somebody is. */
function Names({ slug }: { slug: string }) {
  const [read] = useState(() => (signal: AbortSignal) => fetchPreview(slug, signal));
  const { value } = usePoll(read, POLL_MS);
  const text = useInsideText(value?.inside ?? []);
  return value !== null && value.inside.length > 0 ? <span className={classes.kind}>{text}</span> : null;
}
