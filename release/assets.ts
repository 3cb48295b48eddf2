/**
 * What the program opens at run time beside its modules: a Worker's module, wasm, text. The sources
 * say so in two ways, `new URL("./x", import.meta.url)` and `import.meta.resolve("package/x.wasm")`;
 * neither is followed by a bundler.
 */

/** One place in a source file that names such a file. */
export interface Reference {
  /** The expression as it stands. */
  readonly expression: string;
  /** What it names: a path beside the source file, or a file of a package. */
  readonly specifier: string;
  readonly kind: "worker" | "file" | "package";
}

const BESIDE = /new URL\(\s*"(\.{1,2}\/[^"]+)",\s*import\.meta\.url,?\s*\)/g;
const OF_PACKAGE = /import\.meta\.resolve\(\s*"([^"]+)",?\s*\)/g;

/** All references in a source text, in their order. */
export function referencesIn(source: string): Reference[] {
  return [
    ...[...source.matchAll(BESIDE)].map(([expression, specifier = ""]) => ({
      expression,
      specifier,
      kind: specifier.endsWith(".ts") ? "worker" as const : "file" as const,
    })),
    ...[...source.matchAll(OF_PACKAGE)].map(([expression, specifier = ""]) => ({
      expression,
      specifier,
      kind: "package" as const,
    })),
  ];
}
