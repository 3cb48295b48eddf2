/** The book of names: shared, changed whole under a lock, never freed by damage. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { NameBook } from "../../lib/hub/admission/names.ts";
import { MAX_BOUND_NAMES } from "../../lib/protocol/limits.ts";
import { TempDir } from "../support/files.ts";

const codeOf = (act: () => unknown) => assertThrows(act, Failure).code;

Deno.test("a name belongs to its first key, in any case, until it is forgotten", () => {
  using dir = new TempDir();
  const book = new NameBook(dir.at("hub"));
  assertEquals(book.owner("alice"), undefined);
  assert(!book.forget("alice"));
  assertEquals(dir.list(), [], "nothing is made before a name is bound");
  book.bind("Alice", "a", 0);
  book.bind("alice", "a", 1);
  assertEquals(codeOf(() => book.bind("ALICE", "b", 2)), "name-taken");
  assertEquals([...book.namesOf("a")], ["alice"]);
  assert(book.forget("aLICE"));
  book.bind("alice", "b", 3);
  assertEquals(book.owner("alice"), "b");
});

Deno.test("books of one directory see each other's names at once, and later ones too", () => {
  using dir = new TempDir();
  const [one, two] = [new NameBook(dir.path), new NameBook(dir.path)];
  one.bind("alice", "a", 0);
  two.bind("bob", "b", 0);
  one.bind("carol", "c", 0);
  assertEquals([two.owner("alice"), one.owner("bob"), two.owner("carol")], [
    "a",
    "b",
    "c",
  ]);
  assert(two.forget("alice"));
  assertEquals(one.owner("alice"), undefined);
  const later = new NameBook(dir.path);
  assertEquals([...later.namesOf("b")], ["bob"]);
  assertEquals(dir.list(), ["names.json", "names.lock"]);
  for (const name of dir.list()) {
    assertEquals((Deno.statSync(dir.at(name)).mode ?? 0) & 0o777, 0o600, name);
  }
});

Deno.test("names that objects are made of are names like others", () => {
  using dir = new TempDir();
  new NameBook(dir.path).bind("__proto__", "a", 0);
  const book = new NameBook(dir.path);
  assertEquals(book.owner("__PROTO__"), "a");
  assertEquals(book.owner("constructor"), undefined);
});

Deno.test("a damaged book frees no name and is not written over", () => {
  using dir = new TempDir();
  const book = new NameBook(dir.path);
  book.bind("alice", "a", 0);
  for (
    const text of [
      "",
      "{",
      "[]",
      '{"names":[{}]}',
      '{"names":[{"name":"../x"}]}',
    ]
  ) {
    Deno.writeTextFileSync(dir.at("names.json"), text);
    assertEquals(codeOf(() => book.owner("alice")), "input", text);
    assertEquals(codeOf(() => book.bind("alice", "b", 0)), "input", text);
    assertEquals(codeOf(() => book.forget("alice")), "input", text);
    assertEquals(Deno.readTextFileSync(dir.at("names.json")), text);
  }
});

Deno.test("a book that cannot be written binds nothing, in memory neither", () => {
  using dir = new TempDir();
  const book = new NameBook(dir.at("hub"));
  Deno.writeTextFileSync(dir.at("hub"), "a file");
  assertThrows(() => book.bind("alice", "a", 0), Failure);
  Deno.removeSync(dir.at("hub"));
  assertEquals(book.owner("alice"), undefined);
});

Deno.test("a book that is full takes no more names, and keeps those it has", () => {
  using dir = new TempDir();
  const names = Array.from({ length: MAX_BOUND_NAMES }, (_, n) => ({
    name: `n${n}`,
    key: "a",
    since: "2026-01-02T03:04:05.678Z",
  }));
  Deno.writeTextFileSync(dir.at("names.json"), JSON.stringify({ v: 1, names }));
  const book = new NameBook(dir.path);
  assertEquals(codeOf(() => book.bind("one-more", "b", 0)), "limit");
  book.bind("n7", "a", 0);
  book.forget("n7");
  book.bind("one-more", "b", 0);
  assertEquals(book.owner("n8"), "a");
});
