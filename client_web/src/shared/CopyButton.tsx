/** Takes a copy of what is kept of a meeting along. */

import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AnyCopy, type Copies, CopyDialog } from "./CopyDialog";

export function CopyButton<C extends AnyCopy>({ copies }: { copies: Copies<C> }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<Download size={18} aria-hidden="true" />}
        onClick={() => setOpen(true)}
      >
        {t("desk.copy.open")}
      </Button>
      <CopyDialog copies={copies} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}
