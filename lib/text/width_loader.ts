/** Loads what measuring text of any script takes, when such text is met. */
import { installMeasure, needsMeasure } from "./width.ts";

/** Makes `width()` right for this text, and from then on for all. */
export async function prepareWidth(text: string): Promise<void> {
  if (!needsMeasure(text)) return;
  const { default: stringWidth } = await import("string-width");
  installMeasure(stringWidth);
}
