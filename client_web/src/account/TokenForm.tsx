/** What a new token is for, and how long it works. What it may read is not chosen: it is what its person sees. */

import { Button, Input, NativeSelect } from "@mantine/core";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { createToken } from "../connection/account";
import { type CreatedApiToken, DEFAULT_TOKEN_DAYS, MAX_NAME_CHARACTERS } from "../protocol/generated";
import { asProblem } from "../shared/problem";
import classes from "./AccountPage.module.css";
import { endsAt, type Reason, reasonOf, TOKEN_DAYS, useInstants } from "./tokens";

interface TokenFormProps {
  onMade(made: CreatedApiToken): void;
  onClose(): void;
}

export function TokenForm({ onMade, onClose }: TokenFormProps) {
  const { t } = useTranslation();
  const { day } = useInstants();
  const ids = { name: useId(), days: useId() };
  const [name, setName] = useState("");
  const [days, setDays] = useState(DEFAULT_TOKEN_DAYS);
  const [isNameless, setNameless] = useState(false);
  const [problem, setProblem] = useState<Reason | null>(null);
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const said = name.trim();
    setNameless(said === "");
    setProblem(null);
    if (said === "") return;
    setSending(true);
    try {
      onMade(await createToken({ name: said, days }));
    } catch (error) {
      setProblem(reasonOf(asProblem(error).code));
      setSending(false);
    }
  };
  return (
    <form className={classes.question} onSubmit={(event) => void submit(event)} noValidate>
      <Input.Wrapper
        label={t("account.tokens.form.name")}
        id={ids.name}
        error={isNameless && t("account.tokens.form.noName")}
      >
        <Input
          id={ids.name}
          value={name}
          placeholder={t("account.tokens.form.example")}
          maxLength={MAX_NAME_CHARACTERS}
          autoComplete="off"
          error={isNameless}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </Input.Wrapper>
      <Input.Wrapper label={t("account.tokens.form.days")} id={ids.days}>
        <NativeSelect
          id={ids.days}
          value={days}
          onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}
        >
          {TOKEN_DAYS.map((count) => (
            <option key={count} value={count}>
              {t("account.tokens.form.daysOf", { count })}
            </option>
          ))}
        </NativeSelect>
      </Input.Wrapper>
      <p className={classes.note}>{t("account.tokens.form.until", { day: day(endsAt(Date.now(), days)) })}</p>
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {t(`account.tokens.problem.${problem}`)}
        </p>
      )}
      <div className={classes.answers}>
        <Button variant="default" onClick={onClose}>
          {t("account.tokens.form.cancel")}
        </Button>
        <Button type="submit" loading={isSending}>
          {t("account.tokens.form.do")}
        </Button>
      </div>
    </form>
  );
}
