/** What is shown, as the address says: which days, which pairs. */

import { Button, Input, NativeSelect } from "@mantine/core";
import { Search, X } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_DAYS, MAX_NAME_CHARACTERS, type TermInfo } from "../../protocol/generated";
import { Dialog } from "../../shared/Dialog";
import { dayRange } from "../days";
import { STANDINGS } from "../filters";
import classes from "./Filters.module.css";
import { type Changes, type Days, daysOf, PAIR_KINDS, type View } from "./view";

interface FiltersProps {
  view: View;
  /** First and last day that are shown. */
  days: Days;
  terms: readonly TermInfo[];
  onChange(changes: Changes, isTyping?: boolean): void;
}

const PRESENT = "present";
const OTHER = "other";

export function Filters({ view, days, terms, onChange }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <search className={classes.filters} aria-label={t("programme.filter.label")}>
      <DaysFilter view={view} days={days} terms={terms} onChange={onChange} />
      <NativeSelect
        aria-label={t("programme.filter.kind")}
        value={view.kind ?? ""}
        onChange={({ currentTarget }) => onChange({ kind: currentTarget.value })}
      >
        <option value="">{t("programme.filter.anyKind")}</option>
        {PAIR_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {t(`programme.kind.${kind}`)}
          </option>
        ))}
      </NativeSelect>
      <NativeSelect
        aria-label={t("programme.filter.standing")}
        value={view.standing ?? ""}
        onChange={({ currentTarget }) => onChange({ standing: currentTarget.value })}
      >
        <option value="">{t("programme.filter.anyStanding")}</option>
        {STANDINGS.map((standing) => (
          <option key={standing} value={standing}>
            {t(`hours.standing.${standing}`)}
          </option>
        ))}
      </NativeSelect>
      <NameFilter text={view.q} onChange={onChange} />
    </search>
  );
}

function DaysFilter({ view, days, terms, onChange }: FiltersProps) {
  const { t, i18n } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const term = terms.find(({ first_day, last_day }) => first_day === days.from && last_day === days.to);
  const value = view.days === null ? PRESENT : (term?.term_id ?? OTHER);
  const choose = (chosen: string) => {
    if (chosen === PRESENT) return onChange({ from: undefined, to: undefined });
    const found = terms.find(({ term_id }) => term_id === chosen);
    if (found === undefined) return setAsking(true);
    onChange({ from: found.first_day, to: found.last_day });
  };
  return (
    <>
      <NativeSelect
        aria-label={t("programme.filter.days")}
        value={value}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        <option value={PRESENT}>{t("programme.filter.present")}</option>
        {terms.map(({ term_id, name }) => (
          <option key={term_id} value={term_id}>
            {name}
          </option>
        ))}
        {value === OTHER && <option value={OTHER}>{dayRange(days.from, days.to, i18n.language)}</option>}
        <option value="ask">{t("programme.filter.other")}</option>
      </NativeSelect>
      <Dialog title={t("programme.filter.days")} isOpen={isAsking} onClose={() => setAsking(false)}>
        <DaysForm
          days={days}
          onShow={({ from, to }) => {
            setAsking(false);
            onChange({ from, to });
          }}
        />
      </Dialog>
    </>
  );
}

function DaysForm({ days, onShow }: { days: Days; onShow(days: Days): void }) {
  const { t } = useTranslation();
  const ids = { from: useId(), to: useId() };
  const [from, setFrom] = useState(days.from);
  const [to, setTo] = useState(days.to);
  const [isWrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const chosen = daysOf(from, to);
    setWrong(chosen === null);
    if (chosen !== null) onShow(chosen);
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <div className={classes.days}>
        <Input.Wrapper label={t("programme.filter.from")} id={ids.from}>
          <Input
            id={ids.from}
            type="date"
            value={from}
            onChange={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </Input.Wrapper>
        <Input.Wrapper label={t("programme.filter.to")} id={ids.to}>
          <Input
            id={ids.to}
            type="date"
            value={to}
            onChange={({ currentTarget }) => setTo(currentTarget.value)}
          />
        </Input.Wrapper>
      </div>
      {isWrong && (
        <p role="alert" className={classes.wrong}>
          {t("programme.filter.wrongDays", { most: MAX_DAYS })}
        </p>
      )}
      <div className={classes.answers}>
        <Button type="submit">{t("programme.filter.show")}</Button>
      </div>
    </form>
  );
}

/** So long after the last letter it is looked for. */
const PAUSE_MS = 300;

function NameFilter({ text, onChange }: { text: string; onChange: FiltersProps["onChange"] }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(text);
  const sent = useRef(text);
  const latest = useRef(onChange);
  latest.current = onChange;
  // The address was changed from elsewhere: the way back, or all filters were dropped.
  useEffect(() => {
    if (text === sent.current) return;
    sent.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = wanted;
      latest.current({ q: wanted }, true);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Input
      type="search"
      aria-label={t("programme.filter.search")}
      placeholder={t("programme.filter.search")}
      leftSection={<Search size={18} aria-hidden="true" />}
      value={typed}
      maxLength={MAX_NAME_CHARACTERS}
      className={classes.search}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
    />
  );
}

interface ChosenProps {
  view: View;
  /** Of the one whose pairs are looked at; `null`: it is not known. */
  name: string | null;
  /** Of the week that is looked at. */
  week: Days | null;
  onChange(changes: Changes): void;
}

/** What is looked at more closely, each to be taken away. */
export function Chosen({ view, name, week, onChange }: ChosenProps) {
  const { t, i18n } = useTranslation();
  const chips: [string, Changes][] = [];
  if (week !== null) {
    const days = dayRange(week.from, week.to, i18n.language);
    chips.push([t("programme.filter.week", { days }), { week: undefined }]);
  }
  if (view.personId !== undefined) {
    const words = name === null ? t("programme.filter.somebody") : t("programme.filter.person", { name });
    chips.push([words, { person: undefined }]);
  }
  if (view.standing !== undefined)
    chips.push([t(`hours.standing.${view.standing}`), { standing: undefined }]);
  if (view.kind !== undefined) chips.push([t(`programme.kind.${view.kind}`), { kind: undefined }]);
  if (view.q !== "") chips.push([t("programme.filter.named", { text: view.q }), { q: undefined }]);
  if (chips.length === 0) return null;
  return (
    <ul className={classes.chips}>
      {chips.map(([words, changes]) => (
        <li key={words}>
          <button
            type="button"
            className={classes.chip}
            aria-label={t("programme.filter.drop", { what: words })}
            onClick={() => onChange(changes)}
          >
            <span>{words}</span>
            <X size={16} aria-hidden="true" className={classes.cross} />
          </button>
        </li>
      ))}
    </ul>
  );
}
