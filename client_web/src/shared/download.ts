/** Giving the browser a file that this page has, to be saved. */

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Firefox reads the address after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
