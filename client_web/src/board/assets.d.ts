/** Where tools/excalidraw.ts serves Excalidraw's fonts from. */
declare const __EXCALIDRAW_ASSETS__: string;

interface Window {
  EXCALIDRAW_ASSET_PATH?: string;
}
