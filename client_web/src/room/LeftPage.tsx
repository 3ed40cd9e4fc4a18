/** After the meeting: calm, and one click from coming back. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MessagePage } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";

interface LeftPageProps {
  roomName: string;
  onRejoin(): void;
}

export function LeftPage({ roomName, onRejoin }: LeftPageProps) {
  const { t } = useTranslation();
  const title = t("left.title");
  usePageTitle(`${title} · ${t("app.name")}`);
  return (
    <MessagePage
      title={title}
      action={
        <Button size="lg" onClick={onRejoin}>
          {t("left.rejoin")}
        </Button>
      }
    >
      <p>{t("left.text", { room: roomName })}</p>
    </MessagePage>
  );
}
