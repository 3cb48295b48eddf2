import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { numberedName, safeFileName } from "../lib/text/filename.ts";

const GOOD: [name: string, safe: string][] = [
  ["report.csv", "report.csv"],
  ["né 日本 🚢.txt", "né 日本 🚢.txt"],
  [".bashrc", "_.bashrc"],
  ["..a", "_..a"],
  ["a..b", "a..b"],
  ["-rf", "-rf"],
  ["~", "~"],
  ["a".repeat(240), "a".repeat(240)],
  ["é".repeat(120), "é".repeat(120)],
  ["." + "a".repeat(238), "_." + "a".repeat(238)],
  ["console.log", "console.log"],
  ["com.txt", "com.txt"],
  ["nullable", "nullable"],
];
for (const [name, safe] of GOOD) {
  const shown = JSON.stringify(name.slice(0, 20));
  Deno.test(`safeFileName() takes ${shown} on every system`, () => {
    assertEquals(safeFileName(name, false), safe);
    assertEquals(safeFileName(name, true), safe);
  });
}

const BAD: [what: string, name: string][] = [
  ["nothing", ""],
  ["the directory itself", "."],
  ["the parent", ".."],
  ["a path upwards", "../evil"],
  ["a path upwards, Windows", "..\\evil"],
  ["an absolute path", "/etc/passwd"],
  ["a UNC path", "\\\\host\\share"],
  ["a path inside", "a/b"],
  ["a NUL", "a\0.txt"],
  ["a newline", "a\nb"],
  ["an escape sequence", "\x1b[2Jx"],
  ["a C1 control", "a\u009b"],
  ["DEL", "a\x7f"],
  ["a bidirectional override", "gpj\u202eexe"],
  ["an isolate", "a\u2066b"],
  ["a line separator", "a\u2028b"],
  ["a lone surrogate", "a\ud800"],
  ["241 bytes", "a".repeat(241)],
  ["241 bytes of UTF-8", "é".repeat(120) + "a"],
  ["240 bytes that an underscore makes 241", "." + "a".repeat(239)],
];
for (const [what, name] of BAD) {
  Deno.test(`safeFileName() refuses ${what} on every system, without repeating it`, () => {
    for (const windows of [false, true]) {
      const failure = assertThrows(() => safeFileName(name, windows), Failure);
      assertEquals(failure.code, "bad-name");
      if (name.length > 2) assert(!failure.message.includes(name));
    }
  });
}

const BAD_ON_WINDOWS: string[] = [
  "C:evil",
  "file.txt:stream",
  "a<b",
  "a>b",
  'a"b',
  "a|b",
  "a?b",
  "a*b",
  "trailing.",
  "trailing ",
  "CON",
  "con",
  "con.txt",
  "Con.tar.gz",
  "con .txt",
  "PRN",
  "AUX.c",
  "NUL.txt",
  "nul  .x.y",
  "COM1",
  "com9.log",
  "COM¹",
  "LPT3.txt",
  "lpt²",
  "CONIN$",
  "conout$.txt",
];
for (const name of BAD_ON_WINDOWS) {
  Deno.test(`safeFileName() refuses ${JSON.stringify(name)} on Windows only`, () => {
    assertThrows(() => safeFileName(name, true), Failure);
    assertEquals(safeFileName(name, false), name);
  });
}

/** Names made of what is dangerous. */
const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 260 }),
  fc.array(
    fc.constantFrom(
      ...[".", "..", "/", "\\", ":", " ", "con", "NUL", "com1", "a", "é", "_"],
      ...["\0", "\n", "\u202e", "\ud800", "🚢", "$", "*"],
    ),
    { maxLength: 6 },
  ).map((parts) => parts.join("")),
  fc.stringMatching(/^\.?[a-zé]{230,245}$/),
);

Deno.test("safeFileName() gives one visible component within its length, or refuses as bad-name", () => {
  let taken = 0;
  fc.assert(
    fc.property(nasty, fc.boolean(), (name, windows) => {
      let safe;
      try {
        safe = safeFileName(name, windows);
      } catch (error) {
        assert(error instanceof Failure && error.code === "bad-name");
        return;
      }
      taken++;
      assert(!/[/\\\p{Cc}]/u.test(safe));
      assert(safe !== "" && !safe.startsWith("."));
      assert(new TextEncoder().encode(safe).length <= 240);
      assert(safe.isWellFormed());
      if (!windows) return;
      assert(!/[<>:"|?*]|[. ]$/.test(safe));
      const base = safe.split(".")[0]?.trimEnd() ?? "";
      assert(!/^(con|prn|aux|nul|(com|lpt)\d)$/i.test(base), safe);
    }),
    { numRuns: 3000 },
  );
  assert(taken > 100, `only ${taken} names were taken`);
});

Deno.test("safeFileName() leaves what it gave as it is", () => {
  fc.assert(
    fc.property(nasty, fc.boolean(), (name, windows) => {
      let safe;
      try {
        safe = safeFileName(name, windows);
      } catch {
        return;
      }
      assertEquals(safeFileName(safe, windows), safe);
    }),
  );
});

const NUMBERED: [name: string, n: number, expected: string][] = [
  ["report.csv", 2, "report (2).csv"],
  ["a.tar.gz", 3, "a.tar (3).gz"],
  ["README", 2, "README (2)"],
  [".bashrc", 2, ".bashrc (2)"],
  ["a.", 2, "a (2)."],
];
for (const [name, n, expected] of NUMBERED) {
  Deno.test(`numberedName() makes ${name} into ${expected}`, () =>
    assertEquals(numberedName(name, n), expected));
}

Deno.test("numberedName() keeps a safe name safe up to 999", () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 2, max: 999 }), (name, n) => {
      let safe;
      try {
        safe = safeFileName(name, false);
      } catch {
        return;
      }
      const numbered = numberedName(safe, n);
      assert(!numbered.startsWith("."));
      assert(new TextEncoder().encode(numbered).length <= 255);
    }),
  );
});
