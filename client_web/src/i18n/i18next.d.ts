import "i18next";
import type { accountEn } from "./accountEn";
import type { en } from "./en";
import type { hoursEn } from "./hoursEn";
import type { programmeEn } from "./programmeEn";
import type { recordEn } from "./recordEn";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: {
      translation: typeof en & typeof accountEn & typeof recordEn & typeof hoursEn & typeof programmeEn;
    };
  }
}
