/** A new token, shown this once: it stays until one says that it is kept, because nobody can show it again. */

import { Button, Input } from "@mantine/core";
import { Copy } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedApiToken } from "../protocol/generated";
import classes from "./AccountPage.module.css";

export function NewSecret({ made, onDone }: { made: CreatedApiToken; onDone(): void }) {
  const { t } = useTranslation();
  const titleId = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  useEffect(() => title.current?.focus(), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.secret);
      setOutcome("copied");
    } catch {
      // Not every browser lets a page do it; anybody can copy what is marked.
      field.current?.select();
      setOutcome("failed");
    }
  };
  return (
    <section className={classes.secret} aria-labelledby={titleId}>
      <h3 id={titleId} ref={title} tabIndex={-1}>
        {t("account.tokens.made.title", { name: made.token.name })}
      </h3>
      <p>{t("account.tokens.made.text")}</p>
      <div className={classes.row}>
        <Input
          ref={field}
          readOnly
          aria-label={t("account.tokens.made.label")}
          value={made.secret}
          spellCheck={false}
          className={classes.field}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <Button leftSection={<Copy size={18} aria-hidden="true" />} onClick={() => void copy()}>
          {t("account.tokens.made.copy")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("account.tokens.made.done")}
        </Button>
      </div>
      <p role="status" className={classes.outcome}>
        {outcome !== null && t(`account.tokens.made.${outcome}`)}
      </p>
    </section>
  );
}
