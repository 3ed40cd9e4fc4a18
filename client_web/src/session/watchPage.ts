/** What happens to the page as a whole: network gone and back, hidden and shown, about to go. */

export interface PageHandlers {
  onOnline(): void;
  onOffline(): void;
  onVisible(): void;
  onHidden(): void;
  onHide(): void;
}

/** Listen until the returned function is called. */
export function watchPage({ onOnline, onOffline, onVisible, onHidden, onHide }: PageHandlers): () => void {
  const onVisibility = () => {
    if (document.visibilityState === "visible") onVisible();
    else onHidden();
  };
  addEventListener("online", onOnline);
  addEventListener("offline", onOffline);
  addEventListener("pagehide", onHide);
  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    removeEventListener("online", onOnline);
    removeEventListener("offline", onOffline);
    removeEventListener("pagehide", onHide);
    document.removeEventListener("visibilitychange", onVisibility);
  };
}
