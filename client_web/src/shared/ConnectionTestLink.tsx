/** The way to the connection test, for whoever wonders whether it is their network. */

import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import classes from "./ConnectionTestLink.module.css";
import { connectionTestFrom } from "./connectionTestFrom";

export function ConnectionTestLink() {
  const { t } = useTranslation();
  const [path] = useLocation();
  return (
    <Anchor component={Link} href={connectionTestFrom(path)} className={classes.link}>
      {t("connectionTest.link")}
    </Anchor>
  );
}
