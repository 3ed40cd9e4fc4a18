/**
 * The page's one Trusted Types policy. Mantine writes its variables as the content of `<style>`; nothing that this
 * client writes needs a tag, so that anything with one is refused, whatever brought it here.
 */

interface PolicyFactory {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): unknown;
}

/** Let through what cannot be markup. Throws `TypeError` otherwise. */
export function withoutMarkup(text: string): string {
  if (text.includes("<")) throw new TypeError("markup is never written into this page");
  return text;
}

export function installTrustedTypes(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  trustedTypes?.createPolicy("default", { createHTML: withoutMarkup });
}
