/**
 * Types of the `@std` functions Ferry uses. The package they come from has none, and without these
 * every import of it would silently be `any` (tests/std_types_test.ts fails if that happens).
 * Source: the signatures documented for the Deno standard library. With the library taken from JSR
 * this file goes away.
 */

declare module "@std/path" {
  export const SEPARATOR: string;
  export function basename(path: string, suffix?: string): string;
  export function dirname(path: string): string;
  export function extname(path: string): string;
  export function fromFileUrl(url: string | URL): string;
  export function isAbsolute(path: string): boolean;
  export function join(...paths: string[]): string;
  export function relative(from: string, to: string): string;
  export function resolve(...paths: string[]): string;
  export function toFileUrl(path: string): URL;
}

declare module "@std/text/closest-string" {
  /** The word of `words` nearest to `given`; throws a TypeError when `words` is empty. */
  export function closestString(
    given: string,
    words: readonly string[],
  ): string;
}

declare module "@std/text/levenshtein-distance" {
  /** How many insertions, deletions and substitutions turn one string into the other. */
  export function levenshteinDistance(one: string, other: string): number;
}

declare module "@std/cli/parse-args" {
  export interface ParseOptions {
    string?: readonly string[];
    boolean?: readonly string[];
    collect?: readonly string[];
    negatable?: readonly string[];
    alias?: Record<string, string>;
    "--"?: boolean;
    stopEarly?: boolean;
    /** Called for every argument that is not declared; `false` keeps it out of the result. */
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export type Parsed =
    & { _: (string | number)[]; "--"?: string[] }
    & Record<string, unknown>;
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): Parsed;
}

declare module "@std/csv/parse-stream" {
  export interface CsvParseStreamOptions {
    separator?: string;
    comment?: string;
    trimLeadingSpace?: boolean;
    lazyQuotes?: boolean;
    /** -1: rows may differ in length. */
    fieldsPerRecord?: number;
  }
  export class CsvParseStream extends TransformStream<string, string[]> {
    constructor(options?: CsvParseStreamOptions);
  }
}

declare module "@std/csv/parse" {
  export interface ParseOptions {
    separator?: string;
    comment?: string;
    trimLeadingSpace?: boolean;
    lazyQuotes?: boolean;
    fieldsPerRecord?: number;
  }
  export function parse(text: string, options?: ParseOptions): string[][];
}

declare module "@std/csv/stringify" {
  export interface StringifyOptions {
    separator?: string;
    headers?: boolean;
    crlf?: boolean;
    quote?: boolean;
  }
  export function stringify(
    rows: readonly (readonly string[])[],
    options?: StringifyOptions,
  ): string;
}

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(
    condition: unknown,
    message?: string,
  ): asserts condition;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    message?: string,
  ): void;
  export function assertEquals<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertExists<T>(
    actual: T,
    message?: string,
  ): asserts actual is NonNullable<T>;
  export function assertGreaterOrEqual<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    type: abstract new (...args: never[]) => T,
    message?: string,
  ): asserts actual is T;
  export function assertLessOrEqual<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertMatch(
    actual: string,
    expected: RegExp,
    message?: string,
  ): void;
  export function assertNotEquals<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass: abstract new (...args: never[]) => E,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
  export function assertStringIncludes(
    actual: string,
    expected: string,
    message?: string,
  ): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass: abstract new (...args: never[]) => E,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function fail(message?: string): never;
}

declare module "asciichart" {
  export interface PlotOptions {
    height?: number;
    offset?: number;
    padding?: string;
    min?: number;
    max?: number;
    /** The colour sequence of each series. */
    colors?: readonly string[];
    format?: (value: number, index: number) => string;
  }
  /** A CommonJS package: its exports are found under `default` whether it is bundled or not. */
  const exports: {
    /** A chart of one or several series, lines joined by line feeds; every value must be finite. */
    plot(
      series: readonly number[] | readonly (readonly number[])[],
      options?: PlotOptions,
    ): string;
  };
  export default exports;
}
