/** What is wrong with an entry, and what is to be done about it: with a reason, because it stands in the log. */

import { Button, Input, NativeSelect } from "@mantine/core";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ContactType, HoursEntry } from "../protocol/generated";
import { MAX_MANUAL_MINUTES, MAX_REASON_CHARACTERS } from "../protocol/generated";
import { Dialog } from "../shared/Dialog";
import { CONTACT_TYPES } from "./contacts";
import { readMinutes } from "./durations";
import classes from "./HoursForm.module.css";
import { reasonOf } from "./reasons";
import { type Choice, choicesOf, type Fault, isOneOfTheTwo, needsReason, wishOf } from "./stepChoices";
import type { StepTaker } from "./useSteps";

interface StepDialogProps {
  entry: HoursEntry;
  ownId: string;
  taker: StepTaker;
  isOpen: boolean;
  onTaken(entry: HoursEntry, action: Choice): void;
  onClose(): void;
}

export function StepDialog(props: StepDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("hours.step.title")} isOpen={props.isOpen} onClose={props.onClose}>
      <StepForm {...props} />
    </Dialog>
  );
}

function StepForm({ entry, ownId, taker, onTaken, onClose }: StepDialogProps) {
  const { t } = useTranslation();
  const ids = { minutes: useId(), type: useId(), text: useId() };
  const choices = choicesOf(entry);
  const [choice, setChoice] = useState<Choice | undefined>(choices[0]);
  const [minutes, setMinutes] = useState(String(entry.credited_minutes));
  const [contactType, setContactType] = useState<ContactType>(entry.contact_type);
  const [text, setText] = useState("");
  const [fault, setFault] = useState<Fault | null>(null);
  const [isRefused, setRefused] = useState(false);
  const problem = taker.steps.problems.get(entry.entry_id);
  if (choice === undefined) return <p className={classes.text}>{t("hours.step.nothing")}</p>;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const filled = { choice, minutes: readMinutes(minutes), contactType, text };
    const wish = wishOf(entry, filled, ownId, MAX_MANUAL_MINUTES);
    setRefused(false);
    if (typeof wish === "string") return setFault(wish);
    setFault(null);
    const taken = await taker.take(entry, wish);
    if (taken === null) return setRefused(true);
    onClose();
    onTaken(taken, choice);
  };
  const other = otherOf(entry, ownId);
  const isNeeded = needsReason(entry, choice, ownId);
  const said = isOneOfTheTwo(entry, ownId) ? "people" : "coordinator";
  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
      {choices.length > 1 && (
        <fieldset className={classes.choices}>
          <legend className="visually-hidden">{t("hours.step.title")}</legend>
          {choices.map((one) => (
            <label key={one} className={classes.choice}>
              <input
                type="radio"
                name="choice"
                checked={one === choice}
                onChange={() => {
                  setChoice(one);
                  setFault(null);
                }}
              />
              <span>{t(`hours.step.${one}`)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <p className={classes.text}>{t(`hours.step.about.${said}.${choice}`, { name: other })}</p>
      {choice === "adjusted" && (
        <div className={classes.pair}>
          <Input.Wrapper
            label={t("hours.form.minutes")}
            id={ids.minutes}
            error={fault === "minutes" && t("hours.form.noMinutes")}
          >
            <Input
              id={ids.minutes}
              value={minutes}
              inputMode="text"
              autoComplete="off"
              error={fault === "minutes"}
              onChange={({ currentTarget }) => setMinutes(currentTarget.value)}
            />
          </Input.Wrapper>
          <TypeSelect id={ids.type} value={contactType} onChange={setContactType} />
        </div>
      )}
      <Input.Wrapper
        label={t(isNeeded ? "hours.form.why" : "hours.form.whyMaybe")}
        id={ids.text}
        error={fault === "reason" && t("hours.form.noReason")}
      >
        <Input
          component="textarea"
          id={ids.text}
          rows={3}
          multiline
          maxLength={MAX_REASON_CHARACTERS}
          value={text}
          error={fault === "reason"}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      </Input.Wrapper>
      {fault === "same" && (
        <p role="alert" className={classes.problem}>
          {t("hours.form.same")}
        </p>
      )}
      {isRefused && problem !== undefined && (
        <p role="alert" className={classes.problem}>
          {t(`hours.problem.${reasonOf(problem)}`)}
        </p>
      )}
      <p className={classes.note}>{t("hours.step.kept")}</p>
      <div className={classes.answers}>
        <Button variant="default" onClick={onClose}>
          {t("hours.form.cancel")}
        </Button>
        <Button type="submit" loading={taker.steps.sending.has(entry.entry_id)}>
          {t(`hours.step.do.${choice}`)}
        </Button>
      </div>
    </form>
  );
}

interface TypeSelectProps {
  id: string;
  value: ContactType;
  onChange(type: ContactType): void;
}

export function TypeSelect({ id, value, onChange }: TypeSelectProps) {
  const { t } = useTranslation();
  return (
    <Input.Wrapper label={t("hours.form.type")} id={id}>
      <NativeSelect
        id={id}
        value={value}
        onChange={({ currentTarget }) => {
          const type = CONTACT_TYPES.find((one) => one === currentTarget.value);
          if (type !== undefined) onChange(type);
        }}
      >
        {CONTACT_TYPES.map((type) => (
          <option key={type} value={type}>
            {t(`hours.contact.${type}`)}
          </option>
        ))}
      </NativeSelect>
    </Input.Wrapper>
  );
}

/** Who has to say yes again; for a coordinator both. */
function otherOf({ mentor, mentee }: HoursEntry, ownId: string): string {
  return ownId === mentor.person_id ? mentee.name : mentor.name;
}
