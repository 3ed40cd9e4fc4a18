/** Where one writes. What is written is kept until it is sent, whatever happens to the connection or the page. */

import { ActionIcon } from "@mantine/core";
import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_CHAT_CHARACTERS } from "../protocol/generated";
import { useSession } from "../session/sessionContext";
import classes from "./Composer.module.css";
import { codePoints } from "./codePoints";

/** The counter appears when so few characters are left. */
const NEAR = 300;

export function Composer({ inputId }: { inputId: string }) {
  const { t } = useTranslation();
  const { chat, draft } = useSession();
  const [text, setText] = useState(() => draft.read());
  const input = useRef<HTMLTextAreaElement>(null);
  const counterId = useId();
  const left = MAX_CHAT_CHARACTERS - codePoints(text.trim());
  const canSend = text.trim() !== "" && left >= 0;

  const change = (next: string) => {
    setText(next);
    draft.write(next);
    chat.onTyping(next.trim() !== "");
  };

  const send = () => {
    if (!canSend) return;
    void chat.send(text.trim());
    change("");
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a letter, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: grows with the text
  useLayoutEffect(() => {
    const element = input.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text]);

  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        id={inputId}
        ref={input}
        className={classes.input}
        dir="auto"
        rows={1}
        value={text}
        placeholder={t("chat.placeholder")}
        aria-label={t("chat.message")}
        aria-describedby={counterId}
        aria-invalid={left < 0}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        enterKeyHint="send"
      />
      <ActionIcon type="submit" size={44} variant="filled" aria-label={t("chat.send")} disabled={!canSend}>
        <SendHorizontal size={20} />
      </ActionIcon>
      <p id={counterId} className={classes.counter} data-over={left < 0 || undefined} role="status">
        {left < 0
          ? t("chat.tooLong", { count: -left })
          : left <= NEAR
            ? t("chat.left", { count: left })
            : null}
      </p>
    </form>
  );
}
