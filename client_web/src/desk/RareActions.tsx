/** What one seldom does with a page: a button each, and on phones one for all of them, so that the title has room. */

import { ActionIcon, Button } from "@mantine/core";
import { Ellipsis, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../shared/Dialog";
import classes from "./RareActions.module.css";

interface RareAction {
  id: string;
  icon: LucideIcon;
  label: string;
  /** Of what can be on or off. */
  isOn?: boolean;
  act(): void;
}

export function RareActions({ actions }: { actions: readonly RareAction[] }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  if (actions.length === 0) return null;
  const label = t("desk.more");
  return (
    <>
      <span className={classes.each}>
        {actions.map(({ id, icon: Icon, label: one, isOn, act }) => (
          <ActionIcon
            key={id}
            size={40}
            color="gray"
            aria-label={one}
            title={one}
            aria-pressed={isOn}
            onClick={act}
          >
            <Icon size={20} />
          </ActionIcon>
        ))}
      </span>
      <span className={classes.all}>
        <ActionIcon
          size={40}
          color="gray"
          aria-label={label}
          title={label}
          aria-haspopup="dialog"
          onClick={() => setOpen(true)}
        >
          <Ellipsis size={20} />
        </ActionIcon>
      </span>
      <Dialog title={label} isOpen={isOpen} onClose={() => setOpen(false)}>
        <ul className={classes.list}>
          {actions.map(({ id, icon: Icon, label: one, isOn, act }) => (
            <li key={id}>
              <Button
                variant="default"
                fullWidth
                justify="flex-start"
                leftSection={<Icon size={20} aria-hidden="true" />}
                aria-pressed={isOn}
                onClick={() => {
                  setOpen(false);
                  act();
                }}
              >
                {one}
              </Button>
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}
