/** Where the selected words lead. */

import { Button, Input } from "@mantine/core";
import type { Editor } from "@tiptap/core";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { hrefOf, meantAddress } from "./link";
import { Popover } from "./Popover";
import classes from "./PopoverForm.module.css";
import { rectAt } from "./rectAt";

interface LinkPopoverProps {
  editor: Editor;
  onClose(): void;
}

export function LinkPopover({ editor, onClose }: LinkPopoverProps) {
  const { t } = useTranslation();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const href = hrefOf(editor.getAttributes("link"));
  const [address, setAddress] = useState(href ?? "");
  const [isWrong, setIsWrong] = useState(false);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);

  const apply = () => {
    const meant = meantAddress(address);
    if (meant === null) return setIsWrong(true);
    const { empty } = editor.state.selection;
    const chain = editor.chain().focus();
    if (empty && !editor.isActive("link")) {
      const marks = [{ type: "link", attrs: { href: meant } }];
      chain.insertContent({ type: "text", text: address.trim(), marks });
    } else chain.extendMarkRange("link").setMark("link", { href: meant });
    chain.run();
    onClose();
  };

  return (
    <Popover
      anchor={() => rectAt(editor, editor.state.selection.from)}
      label={t("notes.link.title")}
      onClose={onClose}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <Input.Wrapper
          label={t("notes.link.address")}
          id={id}
          error={isWrong ? t("notes.link.wrong") : undefined}
        >
          <Input
            id={id}
            ref={input}
            inputMode="url"
            autoComplete="off"
            placeholder="https://"
            value={address}
            error={isWrong}
            onChange={({ currentTarget: { value } }) => {
              setAddress(value);
              setIsWrong(false);
            }}
          />
        </Input.Wrapper>
        {href !== null && (
          <a className={classes.open} href={href} target="_blank" rel="noopener noreferrer">
            {t("notes.link.open")}
          </a>
        )}
        <div className={classes.row}>
          <Button type="submit">{t("notes.link.apply")}</Button>
          {href !== null && (
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                editor.chain().focus().extendMarkRange("link").unsetMark("link").run();
                onClose();
              }}
            >
              {t("notes.link.remove")}
            </Button>
          )}
        </div>
      </form>
    </Popover>
  );
}
