/** The systems an executable can be built for. */

/** A system under the name its download bears. */
export interface Target {
  /** As in the names of downloads: `linux-x64`. */
  readonly name: string;
  /** As Deno names it. */
  readonly triple: string;
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  { name: "linux-x64", triple: "x86_64-unknown-linux-gnu" },
  { name: "linux-arm64", triple: "aarch64-unknown-linux-gnu" },
  { name: "macos-x64", triple: "x86_64-apple-darwin" },
  { name: "macos-arm64", triple: "aarch64-apple-darwin" },
  { name: "windows-x64", triple: "x86_64-pc-windows-msvc" },
];

/** The target of either name; undefined when there is none. */
export function findTarget(name: string): Target | undefined {
  return TARGETS.find((target) =>
    target.name === name || target.triple === name
  );
}

/** The file name of an executable: on Windows it needs its ending. */
export function fileName(base: string, { name }: Target): string {
  return name.startsWith("windows") && !base.endsWith(".exe")
    ? `${base}.exe`
    : base;
}
