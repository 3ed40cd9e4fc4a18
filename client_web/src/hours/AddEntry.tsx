/** A visit, a call, an e-mail: what Roundup has not seen is entered by hand. */

import { Button, Input, NativeSelect } from "@mantine/core";
import { Plus } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { addEntry } from "../connection/hours";
import {
  type ContactType,
  type HoursEntry,
  MAX_MANUAL_MINUTES,
  MAX_REASON_CHARACTERS,
  type PairStatus,
} from "../protocol/generated";
import { Dialog } from "../shared/Dialog";
import { asProblem, type ProblemCode } from "../shared/problem";
import { randomId } from "../shared/randomId";
import { shortDay } from "./days";
import { readMinutes } from "./durations";
import classes from "./HoursForm.module.css";
import { daysFor, faultOf, type ManualFault, RequestIds } from "./manual";
import { isOf, otherIn } from "./readHours";
import { type Reason, reasonOf } from "./reasons";
import { TypeSelect } from "./StepDialog";

interface AddEntryProps {
  /** At least one. */
  pairs: readonly PairStatus[];
  today: string;
  ownId: string;
  onAdded(entry: HoursEntry): void;
}

export function AddEntry(props: AddEntryProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<Plus size={18} />}
        className={classes.add}
        onClick={() => setOpen(true)}
      >
        {t("hours.add.button")}
      </Button>
      <Dialog title={t("hours.add.title")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <AddForm {...props} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function AddForm({ pairs, today, ownId, onAdded, onClose }: AddEntryProps & { onClose(): void }) {
  const { t, i18n } = useTranslation();
  const ids = { pair: useId(), day: useId(), minutes: useId(), type: useId(), text: useId() };
  const [requestIds] = useState(() => new RequestIds(randomId));
  const [pairId, setPairId] = useState(pairs[0]?.pair_id ?? "");
  const [day, setDay] = useState(today);
  const [minutes, setMinutes] = useState("");
  const [contactType, setContactType] = useState<ContactType>("visit");
  const [text, setText] = useState("");
  const [fault, setFault] = useState<ManualFault | null>(null);
  const [problem, setProblem] = useState<ProblemCode | null>(null);
  const [isSending, setSending] = useState(false);
  const pair = pairs.find(({ pair_id }) => pair_id === pairId) ?? pairs[0];
  if (pair === undefined) return null;
  const span = daysFor(pair, today);
  const isOwn = isOf(pair, ownId);
  // What a coordinator enters nobody has confirmed yet.
  const waitsFor = isOwn
    ? otherIn(pair, ownId)
    : t("hours.theTwo", { mentor: pair.mentor.name, mentee: pair.mentee.name });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const count = readMinutes(minutes);
    const found = faultOf(pair, today, day, count, MAX_MANUAL_MINUTES);
    setFault(found);
    setProblem(null);
    if (found !== null || count === null) return;
    setSending(true);
    try {
      const filledIn = {
        pair_id: pair.pair_id,
        day,
        minutes: count,
        contact_type: contactType,
        text: text.trim(),
      };
      const entry = await addEntry({ request_id: requestIds.of(filledIn), ...filledIn });
      onAdded(entry);
      onClose();
    } catch (error) {
      setProblem(asProblem(error).code);
      setSending(false);
    }
  };
  const wordsOf = (reason: Reason) =>
    reason === "refused" || reason === "notYours" ? t(`hours.add.${reason}`) : t(`hours.problem.${reason}`);
  const dayFault = fault !== null && fault !== "minutes" ? fault : null;
  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
      {pairs.length > 1 && (
        <Input.Wrapper label={t("hours.add.pair")} id={ids.pair}>
          <NativeSelect
            id={ids.pair}
            value={pair.pair_id}
            onChange={({ currentTarget }) => setPairId(currentTarget.value)}
          >
            {pairs.map((one) => (
              <option key={one.pair_id} value={one.pair_id}>
                {otherIn(one, ownId)}
              </option>
            ))}
          </NativeSelect>
        </Input.Wrapper>
      )}
      <TypeSelect id={ids.type} value={contactType} onChange={setContactType} />
      <div className={classes.pair}>
        <Input.Wrapper
          label={t("hours.add.day")}
          id={ids.day}
          error={
            dayFault !== null &&
            t(`hours.add.fault.${dayFault}`, {
              first: shortDay(span.first, today, i18n.language),
              last: shortDay(span.last, today, i18n.language),
            })
          }
        >
          <Input
            id={ids.day}
            type="date"
            min={span.first}
            max={span.last}
            value={day}
            error={dayFault !== null}
            onChange={({ currentTarget }) => setDay(currentTarget.value)}
          />
        </Input.Wrapper>
        <Input.Wrapper
          label={t("hours.form.minutes")}
          id={ids.minutes}
          error={fault === "minutes" && t("hours.form.noMinutes")}
        >
          <Input
            id={ids.minutes}
            value={minutes}
            placeholder={t("hours.form.example")}
            autoComplete="off"
            error={fault === "minutes"}
            onChange={({ currentTarget }) => setMinutes(currentTarget.value)}
          />
        </Input.Wrapper>
      </div>
      <Input.Wrapper label={t("hours.add.text")} id={ids.text}>
        <Input
          component="textarea"
          id={ids.text}
          rows={2}
          multiline
          maxLength={MAX_REASON_CHARACTERS}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      </Input.Wrapper>
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {wordsOf(reasonOf(problem))}
        </p>
      )}
      <p className={classes.note}>{t("hours.add.note", { name: waitsFor })}</p>
      <div className={classes.answers}>
        <Button variant="default" onClick={onClose}>
          {t("hours.form.cancel")}
        </Button>
        <Button type="submit" loading={isSending}>
          {t("hours.add.do")}
        </Button>
      </div>
    </form>
  );
}
