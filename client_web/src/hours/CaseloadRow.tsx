/** One mentee among many: as a table's row, or on a phone as a tile. */

import { Clock, MessageCircleWarning, Plane, UserRoundCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { PairStatus, RequirementStatus } from "../protocol/generated";
import classes from "./Caseload.module.css";
import { relativeDay, shortDay, tinyDay } from "./days";
import { minutesText } from "./durations";
import { pairPath } from "./paths";
import { minutesRule, nextDue } from "./progress";
import { useRequirementWords } from "./Requirements";
import { StandingBadge } from "./Standing";
import { useLeaveWords } from "./useLeaveWords";

interface CaseloadRowProps {
  pair: PairStatus;
  today: string;
  ownId: string;
}

export function CaseloadRow({ pair, today, ownId }: CaseloadRowProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const next = nextDue(pair.requirements);
  const rule = minutesRule(pair);
  const last = pair.last_contact_on;
  return (
    <tr className={classes.row}>
      <th scope="row" className={classes.mentee}>
        {/* However long the name is, what stands beside it is seen. */}
        <span className={classes.who}>
          <Link href={pairPath(pair.pair_id)} className={classes.link} data-mentee title={pair.mentee.name}>
            {pair.mentee.name}
          </Link>
          <Marks pair={pair} ownId={ownId} />
        </span>
      </th>
      <td className={classes.standing}>
        <span className={classes.short} aria-hidden="true">
          <StandingBadge standing={pair.standing} isShort />
        </span>
        <span className={classes.long}>
          <StandingBadge standing={pair.standing} />
        </span>
      </td>
      <td className={classes.last}>
        {last === null ? (
          t("hours.case.never")
        ) : (
          <span title={relativeDay(last, today, language)}>{tinyDay(last, today, language)}</span>
        )}
      </td>
      <td className={classes.next}>
        {next?.due_on && (
          <span className={classes.due} data-past={next.due_on < today || undefined}>
            <span className={classes.step}>{next.next_step ?? next.name}</span>{" "}
            <DueDay requirement={next} dueOn={next.due_on} today={today} />
          </span>
        )}
      </td>
      <td className={classes.minutes}>
        {rule === null ? pair.minutes_this_term : `${rule.done}/${rule.needed}`}
      </td>
      <td className={classes.waiting}>
        {pair.waiting_minutes > 0 && <span>{pair.waiting_minutes}</span>}
        {pair.disputed_count > 0 && (
          <Mark words={t("hours.pair.disputed", { count: pair.disputed_count })}>
            <MessageCircleWarning size={15} aria-hidden="true" />
          </Mark>
        )}
      </td>
    </tr>
  );
}

interface RequirementProps {
  requirement: RequirementStatus;
  today: string;
}

function DueDay({ requirement, dueOn, today }: RequirementProps & { dueOn: string }) {
  const { i18n } = useTranslation();
  const { due } = useRequirementWords(requirement, today);
  const what = requirement.next_step ?? requirement.name;
  return (
    <span title={requirement.shortfall === null ? what : `${what}: ${due}`}>
      {tinyDay(dueOn, today, i18n.language)}
    </span>
  );
}

function Missed({ requirement, today }: RequirementProps) {
  const { due } = useRequirementWords(requirement, today);
  return ` · ${due}`;
}

export function CaseloadTile({ pair, today, ownId }: CaseloadRowProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const next = nextDue(pair.requirements);
  const rule = minutesRule(pair);
  const last = pair.last_contact_on;
  const facts = [
    last === null
      ? t("hours.pair.noContact")
      : t("hours.case.lastOn", { relative: relativeDay(last, today, language) }),
    ...(next?.due_on
      ? [
          t("hours.case.nextOn", {
            step: next.next_step ?? next.name,
            day: shortDay(next.due_on, today, language),
          }),
        ]
      : []),
    rule === null
      ? minutesText(pair.minutes_this_term, language)
      : t("hours.done.minutes", {
          done: minutesText(rule.done, language),
          needed: minutesText(rule.needed, language),
        }),
  ];
  return (
    <li className={classes.tile}>
      <span className={classes.mentee}>
        <Link href={pairPath(pair.pair_id)} className={classes.link} data-mentee>
          {pair.mentee.name}
        </Link>
        <Marks pair={pair} ownId={ownId} />
      </span>
      <StandingBadge standing={pair.standing} />
      <span className={classes.facts}>
        {facts.join(" · ")}
        {next?.shortfall && <Missed requirement={next} today={today} />}
      </span>
      {(pair.waiting_minutes > 0 || pair.disputed_count > 0) && (
        <span className={classes.open}>
          {pair.waiting_minutes > 0 && (
            <span>
              <Clock size={15} aria-hidden="true" />{" "}
              {t("hours.pair.waiting", { time: minutesText(pair.waiting_minutes, language) })}
            </span>
          )}
          {pair.disputed_count > 0 && (
            <span>
              <MessageCircleWarning size={15} aria-hidden="true" />{" "}
              {t("hours.pair.disputed", { count: pair.disputed_count })}
            </span>
          )}
        </span>
      )}
    </li>
  );
}

/** Who is away, and who stands in. */
function Marks({ pair, ownId }: { pair: PairStatus; ownId: string }) {
  const words = useLeaveWords(pair, ownId);
  if (words === null) return null;
  const Shape = pair.substitute === null ? Plane : UserRoundCheck;
  return (
    <Mark words={words}>
      <Shape size={15} aria-hidden="true" />
    </Mark>
  );
}

/** A shape in place of words, which are there for whoever points at it, and for whoever listens. */
function Mark({ words, children }: { words: string; children: ReactNode }) {
  return (
    <span className={classes.mark} title={words}>
      {children}
      <span className="visually-hidden">{words}</span>
    </span>
  );
}
