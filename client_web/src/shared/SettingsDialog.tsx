/** Language and appearance; in a room also the devices, as children. */

import { type MantineColorScheme, NativeSelect, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "../i18n/languages";
import { Dialog } from "./Dialog";

interface SettingsDialogProps {
  isOpen: boolean;
  onClose(): void;
  children?: ReactNode;
  /** What stands below the rest. */
  footer?: ReactNode;
}

const SCHEMES: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function SettingsDialog({ isOpen, onClose, children, footer }: SettingsDialogProps) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Dialog title={t("page.settings")} isOpen={isOpen} onClose={onClose}>
      {children}
      <NativeSelect
        label={t("page.language")}
        value={i18n.language}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        onChange={(event) => void i18n.changeLanguage(event.currentTarget.value)}
      />
      <NativeSelect
        label={t("page.appearance")}
        value={colorScheme}
        data={SCHEMES.map((value) => ({ value, label: t(`page.scheme.${value}`) }))}
        onChange={(event) => setColorScheme(event.currentTarget.value as MantineColorScheme)}
      />
      {footer}
    </Dialog>
  );
}
