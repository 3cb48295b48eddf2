/** Suggestions for mistyped flags, commands and keys. */
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The word of `words` that `typed` was probably meant to be, or `undefined` when none is near. */
export function closest(
  typed: string,
  words: readonly string[],
): string | undefined {
  // The distance costs the product of the lengths; nobody mistypes a name this badly.
  if (words.length === 0 || typed === "" || typed.length > 64) return undefined;
  const beginning = words.find((word) =>
    typed.length >= 3 && word.startsWith(typed)
  );
  if (beginning !== undefined) return beginning;
  const word = closestString(typed, words);
  const near = typed.length < 4 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  return levenshteinDistance(typed.toLowerCase(), word.toLowerCase()) <= near
    ? word
    : undefined;
}

/** The hint for a mistyped word, ready for a `Failure`'s options; empty when none is near. */
export function didYouMean(
  typed: string,
  words: readonly string[],
): { hint?: string } {
  const word = closest(typed, words);
  return word === undefined ? {} : { hint: `did you mean ${word}?` };
}
