/** Which hub is meant when none is named: notes of hubs joined, and of hubs that run. */
import { assertEquals } from "@std/assert";
import {
  joinedHub,
  noteRunning,
  rememberJoined,
  runningHubs,
} from "../lib/state/hubs.ts";
import { TempDir } from "./support/files.ts";

const HERE = {
  host: "127.0.0.1",
  port: 7788,
  bound: "0.0.0.0",
  secure: true,
};
const THERE = { host: "fe80::1", port: 9000, bound: "::", secure: false };

Deno.test("the hub joined last is remembered, privately", () => {
  using dir = new TempDir();
  const state = dir.at("state");
  assertEquals(joinedHub(state), undefined);
  rememberJoined(state, HERE);
  rememberJoined(state, THERE);
  assertEquals(joinedHub(state), { host: THERE.host, port: THERE.port });
  assertEquals(dir.list("state"), ["joined.json"]);
  if (Deno.build.os !== "windows") {
    const { mode } = Deno.statSync(dir.at("state", "joined.json"));
    assertEquals((mode ?? 0) & 0o777, 0o600);
  }
});

Deno.test("a note that is damaged is as good as none", () => {
  using dir = new TempDir();
  for (
    const note of ["", "{", "[]", "null", '{"host":1,"port":2}', '{"host":"a"}']
  ) {
    Deno.writeTextFileSync(dir.at("joined.json"), note);
    assertEquals(joinedHub(dir.path), undefined, note);
  }
});

Deno.test("state that cannot be written is no failure", () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("state"), "a file, not a directory");
  rememberJoined(dir.at("state"), HERE);
  noteRunning(dir.at("state"), HERE)();
  assertEquals(joinedHub(dir.at("state")), undefined);
  assertEquals(runningHubs(dir.at("state")), []);
});

Deno.test("a hub is found as long as it runs", () => {
  using dir = new TempDir();
  assertEquals(runningHubs(dir.path), []);
  const first = noteRunning(dir.path, HERE);
  const second = noteRunning(dir.path, THERE);
  assertEquals(runningHubs(dir.path), [HERE, THERE]);
  first();
  assertEquals(runningHubs(dir.path), [THERE]);
  second();
  assertEquals(runningHubs(dir.path), []);
  assertEquals(dir.list("running"), []);
});

Deno.test("the note of a hub that was killed is removed, and does not hide one that lives", () => {
  using dir = new TempDir();
  const forget = noteRunning(dir.path, THERE);
  const living = dir.list("running");
  Deno.writeTextFileSync(dir.at("running", "dead.json"), JSON.stringify(HERE));
  Deno.writeTextFileSync(dir.at("running", "dead.lock"), "");
  assertEquals(runningHubs(dir.path), [THERE]);
  assertEquals(dir.list("running"), living);
  forget();
});

Deno.test("a hub takes over the note of a killed one at its port", () => {
  using dir = new TempDir();
  noteRunning(dir.path, HERE)();
  const longer = JSON.stringify({
    host: "a-much-longer-host-name",
    port: 7788,
  });
  Deno.writeTextFileSync(dir.at("running", "7788-127.0.0.1.json"), longer);
  const forget = noteRunning(dir.path, HERE);
  assertEquals(runningHubs(dir.path), [HERE]);
  forget();
});

Deno.test("something unreadable among the notes does not hide a hub that runs", () => {
  using dir = new TempDir();
  Deno.mkdirSync(dir.at("running", "0.json"), { recursive: true });
  const forget = noteRunning(dir.path, HERE);
  assertEquals(runningHubs(dir.path), [HERE]);
  forget();
});

Deno.test("hubs at one port of different addresses are both found", () => {
  using dir = new TempDir();
  const other = { ...HERE, host: "127.0.0.2" };
  const first = noteRunning(dir.path, HERE);
  const second = noteRunning(dir.path, other);
  assertEquals(runningHubs(dir.path), [HERE, other]);
  first();
  assertEquals(runningHubs(dir.path), [other]);
  second();
});

Deno.test("the note of a hub that runs is not locked: on Windows nobody could read it", () => {
  using dir = new TempDir();
  const forget = noteRunning(dir.path, HERE);
  const notes = dir.list("running").filter((name) => name.endsWith(".json"));
  assertEquals(notes.length, 1);
  {
    using note = Deno.openSync(dir.at("running", notes[0] ?? ""), {
      read: true,
      write: true,
    });
    assertEquals(note.tryLockSync(true), true);
  }
  forget();
});
