/** Puts the parts together and starts the page. */

import "./styles";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";
import { App } from "./App";
import { setUpI18n } from "./setUpI18n";
import { createColorSchemeManager } from "./shared/colorScheme";
import { pageNonce } from "./shared/nonce";
import { onThisDevice } from "./shared/storage";
import { resolveVariables, theme } from "./shared/theme";
import { installTrustedTypes } from "./shared/trustedTypes";

installTrustedTypes();
const i18n = setUpI18n(onThisDevice());
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <I18nextProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolveVariables}
        colorSchemeManager={createColorSchemeManager()}
        defaultColorScheme="auto"
        getStyleNonce={pageNonce}
      >
        <App />
      </MantineProvider>
    </I18nextProvider>
  </StrictMode>,
);
