/** Notes as a file to take along. */

import { ActionIcon, Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DocumentInfo } from "../protocol/generated";
import { useSession } from "../session/sessionContext";
import { Dialog } from "../shared/Dialog";
import classes from "./NewPage.module.css";

const ENDINGS = ["pdf", "html", "md"] as const;

export function CopyButton({ page }: { page: DocumentInfo }) {
  const { t, i18n } = useTranslation();
  const { slug } = useSession();
  const [isOpen, setOpen] = useState(false);
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: "long" }).format(page.created_at);
  const query = new URLSearchParams({ language: i18n.language, held_on: day });
  const path = `/api/rooms/${encodeURIComponent(slug)}/notes/${page.document_id}`;
  return (
    <>
      <ActionIcon
        size={40}
        color="gray"
        aria-label={t("desk.copy.open")}
        title={t("desk.copy.open")}
        onClick={() => setOpen(true)}
      >
        <Download size={20} />
      </ActionIcon>
      <Dialog title={t("desk.copy.open")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <div className={classes.choices}>
          {ENDINGS.map((ending) => (
            <Button
              key={ending}
              component="a"
              variant="default"
              href={`${path}.${ending}?${query}`}
              download
              onClick={() => setOpen(false)}
            >
              {t(`desk.copy.${ending}`)}
            </Button>
          ))}
        </div>
      </Dialog>
    </>
  );
}
