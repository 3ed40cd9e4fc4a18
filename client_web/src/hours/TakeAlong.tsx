/** Hours as papers, for files and for certification; of oneself also what is due, for one's calendar. */

import { Button } from "@mantine/core";
import { CalendarDays, FileText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { certificatePath, duePath, statementPath } from "../connection/hoursFiles";
import type { HoursHome, RoomPerson } from "../protocol/generated";
import { paperFor } from "../shared/paper";
import { dayRange } from "./days";
import { paperTerm } from "./filters";
import classes from "./TakeAlong.module.css";

interface TakeAlongProps {
  /** Whose papers: one's own, or, for a coordinator, those of others. */
  people: readonly Pick<RoomPerson, "person_id" | "name">[];
  hours: HoursHome;
  ownId: string;
}

export function TakeAlong({ people, hours, ownId }: TakeAlongProps) {
  const { t, i18n } = useTranslation();
  const [search] = useSearchParams();
  const term = paperTerm(search, hours.terms, hours.term, hours.today);
  const print = { language: i18n.language, paper: paperFor(navigator.languages) };
  return (
    <section className={classes.part} aria-labelledby="hours-papers">
      <h2 id="hours-papers">{t("hours.papers.title")}</h2>
      {term !== null && (
        <p className={classes.note}>
          {term.name} · {dayRange(term.first_day, term.last_day, i18n.language)}
        </p>
      )}
      <div className={classes.links}>
        {term !== null &&
          people.map(({ person_id, name }) => {
            const whose = person_id === ownId ? "own" : "other";
            return (
              <div key={person_id} className={classes.person}>
                <Paper href={statementPath(person_id, term.term_id, print)}>
                  {t(`hours.papers.statement.${whose}`, { name })}
                </Paper>
                {term.first_day <= hours.today && (
                  <Paper href={certificatePath(person_id, term.first_day, term.last_day, print)}>
                    {t(`hours.papers.certificate.${whose}`, { name })}
                  </Paper>
                )}
              </div>
            );
          })}
        {people.some(({ person_id }) => person_id === ownId) && (
          <Button
            component="a"
            href={duePath(i18n.language)}
            download
            variant="default"
            leftSection={<CalendarDays size={18} />}
          >
            {t("hours.papers.due")}
          </Button>
        )}
      </div>
    </section>
  );
}

function Paper({ href, children }: { href: string; children: string }) {
  return (
    <Button component="a" href={href} download variant="default" leftSection={<FileText size={18} />}>
      {children}
    </Button>
  );
}
