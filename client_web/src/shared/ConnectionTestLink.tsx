/** The way to the connection test, for whoever wonders whether it is their network. */

import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import classes from "./ConnectionTestLink.module.css";

export function ConnectionTestLink() {
  const { t } = useTranslation();
  return (
    <Anchor component={Link} href="/connection-test" className={classes.link}>
      {t("connectionTest.link")}
    </Anchor>
  );
}
