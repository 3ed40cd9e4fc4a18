/** The results as text, to send to whoever looks after the network: copied with one click, and there to be read first. */

import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./CopyDetails.module.css";
import type { CheckState } from "./connectionCheck";
import { detailsText } from "./details";

export function CopyDetails({ state, at }: { state: CheckState; at: Date }) {
  const { t } = useTranslation();
  const shown = useRef<HTMLDetailsElement>(null);
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  const { results, offers, mediaPorts, problem } = state;
  const text = detailsText(results, offers, {
    at,
    origin: location.origin,
    userAgent: navigator.userAgent,
    mediaPorts,
    failure: problem?.code ?? null,
  });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      // Not every browser lets a page do it; anybody can mark the text.
      if (shown.current) shown.current.open = true;
      setOutcome("failed");
    }
  };
  return (
    <>
      <Button size="lg" onClick={() => void copy()}>
        {t("connectionTest.copy.button")}
      </Button>
      <p role="status" className={classes.outcome}>
        {outcome && t(`connectionTest.copy.${outcome}`)}
      </p>
      <details ref={shown} className={classes.details}>
        <summary>{t("connectionTest.copy.show")}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
        <pre tabIndex={0} className={classes.text}>
          {text}
        </pre>
      </details>
    </>
  );
}
