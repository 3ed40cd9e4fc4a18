/** What happens to the page as a whole: network gone, back or another, hidden and shown, about to go. */

export interface PageHandlers {
  onOnline(): void;
  onOffline(): void;
  /** From wifi to mobile or back, where the browser tells. */
  onNetworkChanged(): void;
  onVisible(): void;
  onHidden(): void;
  onHide(): void;
  /** About to be closed: whether something would be lost, so that the browser asks first. */
  onClosing(): boolean;
}

/** Not in every browser, nor in TypeScript's library: https://wicg.github.io/netinfo/ */
type NetworkInformation = EventTarget & { readonly type?: string };

/** Listen until the returned function is called. */
export function watchPage(handlers: PageHandlers): () => void {
  const { onOnline, onOffline, onVisible, onHidden, onHide } = handlers;
  const onVisibility = () => {
    if (document.visibilityState === "visible") onVisible();
    else onHidden();
  };
  const { connection } = navigator as { connection?: NetworkInformation };
  let type = connection?.type;
  // It also tells of every new estimate of the speed.
  const onConnection = () => {
    if (connection?.type === type) return;
    type = connection?.type;
    if (type !== "none") handlers.onNetworkChanged();
  };
  const onBeforeUnload = (event: BeforeUnloadEvent) => {
    if (handlers.onClosing()) event.preventDefault();
  };
  addEventListener("online", onOnline);
  addEventListener("offline", onOffline);
  addEventListener("pagehide", onHide);
  addEventListener("beforeunload", onBeforeUnload);
  document.addEventListener("visibilitychange", onVisibility);
  connection?.addEventListener("change", onConnection);
  return () => {
    removeEventListener("online", onOnline);
    removeEventListener("offline", onOffline);
    removeEventListener("pagehide", onHide);
    removeEventListener("beforeunload", onBeforeUnload);
    document.removeEventListener("visibilitychange", onVisibility);
    connection?.removeEventListener("change", onConnection);
  };
}
