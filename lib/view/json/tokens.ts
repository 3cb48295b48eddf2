// @core
/**
 * The tokens of JSON. They keep the text they have in the file: numbers are not rounded, strings
 * keep their escapes, keys their order and their duplicates.
 */

/** What a token is. Commas and colons are checked, and not passed on. */
export type TokenKind =
  | "{"
  | "}"
  | "["
  | "]"
  | "key"
  | "string"
  | "number"
  | "literal";

/** Takes the tokens of a document one by one; `text` is the token as it stands in the file. */
export interface TokenTaker {
  token(kind: TokenKind, text: string): void;
}

/** The text a string or key token stands for. */
export function textOf(token: string): string {
  return token.includes("\\") ? String(JSON.parse(token)) : token.slice(1, -1);
}
