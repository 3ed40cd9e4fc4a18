import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type PageHandlers, watchPage } from "../../src/session/watchPage";

let page: EventTarget;

beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("document", new EventTarget());
  vi.stubGlobal("navigator", {});
});
afterEach(() => void vi.unstubAllGlobals());

function watch(handlers: Partial<PageHandlers>): () => void {
  const nothing = () => undefined;
  return watchPage({
    onOnline: nothing,
    onOffline: nothing,
    onNetworkChanged: nothing,
    onVisible: nothing,
    onHidden: nothing,
    onHide: nothing,
    onClosing: () => false,
    ...handlers,
  });
}

/** Close the tab, and return whether the browser asks first. */
function isAskedOnClosing(): boolean {
  return !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));
}

it("has the browser ask before the tab is closed with something unsaved, and only then", () => {
  let isUnsaved = false;
  watch({ onClosing: () => isUnsaved });
  expect(isAskedOnClosing()).toBe(false);
  isUnsaved = true;
  expect(isAskedOnClosing()).toBe(true);
  isUnsaved = false;
  expect(isAskedOnClosing()).toBe(false);
});

it("asks no more once nobody listens", () => {
  const end = watch({ onClosing: () => true });
  end();
  expect(isAskedOnClosing()).toBe(false);
});
