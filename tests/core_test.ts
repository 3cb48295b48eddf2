/** Enforces what the marker `// @core` on a file's first line promises. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, resolve } from "@std/path";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
/** Packages that are pure themselves and that core may use. */
const PURE_PACKAGES = new Set(["valibot", "string-width"]);
/** What a pure file never says: the runtime, waiting, the clock, chance, output. */
const IMPURE =
  /\b(Deno|async|await|Promise|setTimeout|setInterval|queueMicrotask|fetch|console|performance|crypto|process)\b|\bDate\.now\b|\bnew Date\(\)|\bTemporal\.Now\b|\bMath\.random\b/;

function* sources(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (path.endsWith(".ts") && !path.endsWith(".d.ts")) yield path;
  }
}

/** The source with comments and the texts of strings blanked, so that words in them do not count. */
function codeOf(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
    (text) => text.startsWith("/") ? "" : '""',
  );
}

const CORE = [...sources(join(ROOT, "lib"))].filter((path) =>
  Deno.readTextFileSync(path).startsWith("// @core\n")
);

Deno.test("core files name no runtime, promise, timer, clock or chance", () => {
  assert(CORE.length > 1, "no core files found");
  for (const path of CORE) {
    const found = IMPURE.exec(codeOf(Deno.readTextFileSync(path)));
    assertEquals(
      found?.[0],
      undefined,
      `${path} is marked @core but names ${found?.[0]}`,
    );
  }
});

Deno.test("core files import only core files and pure packages", () => {
  for (const path of CORE) {
    const imports = Deno.readTextFileSync(path).matchAll(
      /^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gm,
    );
    for (const [, specifier = ""] of imports) {
      const ok = specifier.startsWith(".")
        ? CORE.includes(resolve(path, "..", specifier))
        : PURE_PACKAGES.has(specifier);
      assert(ok, `${path} is marked @core but imports ${specifier}`);
    }
  }
});

Deno.test("core files pass the type check without the runtime's types", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const config = join(dir, "deno.json");
    const project = JSON.parse(
      await Deno.readTextFile(join(ROOT, "deno.json")),
    );
    // The text codecs are the only platform classes core may use; both are pure functions.
    const platform = `
      declare class TextEncoder {
        encode(text?: string): Uint8Array<ArrayBuffer>;
        encodeInto(text: string, into: Uint8Array): { read: number; written: number };
      }
      declare class TextDecoder {
        constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
        decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
      }`;
    await Deno.writeTextFile(join(dir, "platform.d.ts"), platform);
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        imports: project.imports,
        compilerOptions: {
          ...project.compilerOptions,
          lib: ["esnext"],
          types: ["./platform.d.ts"],
        },
      }),
    );
    const check = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-lock", "--config", config, ...CORE],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(check.code, 0, new TextDecoder().decode(check.stderr));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Every import of a source below `dir`, as `[importing file, imported path from the root]`. */
function* importsBelow(dir: string): Generator<[string, string]> {
  for (const path of sources(join(ROOT, dir))) {
    const found = Deno.readTextFileSync(path).matchAll(
      /\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g,
    );
    for (const [, stated, dynamic] of found) {
      const target = resolve(path, "..", stated ?? dynamic ?? "");
      yield [path, target.slice(ROOT.length)];
    }
  }
}

Deno.test("imports point one way: main, cmd, lib", () => {
  for (const [path, target] of importsBelow("lib")) {
    assert(target.startsWith("lib/"), `${path} imports ${target}`);
  }
  for (const [path, target] of importsBelow("cmd")) {
    assert(
      /^(cmd\/|lib\/|deno\.json$)/.test(target),
      `${path} imports ${target}`,
    );
  }
});

Deno.test("nothing below cmd prints, and only main ends the process", () => {
  for (
    const path of [...sources(join(ROOT, "lib")), ...sources(join(ROOT, "cmd"))]
  ) {
    const code = codeOf(Deno.readTextFileSync(path));
    assert(!/\bDeno\.exit\b/.test(code), `${path} ends the process`);
    const prints = path.startsWith(join(ROOT, "lib")) &&
      /\bDeno\.(stdout|stderr)\b/.test(code);
    assert(!prints, `${path} prints`);
  }
});
