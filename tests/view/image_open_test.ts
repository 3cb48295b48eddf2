/** `--open`: the desktop's viewer gets the file as one argument, and only images. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { isAbsolute } from "@std/path";
import { Failure } from "../../lib/failure.ts";
import {
  type OpenCommand,
  openCommand,
  openOutside,
} from "../../lib/view/image/open.ts";

Deno.test("each system's opener gets an absolute path as its last argument, no shell between", () => {
  const openers = {
    linux: "xdg-open",
    darwin: "open",
    windows: "rundll32.exe",
  };
  for (const [os, program] of Object.entries(openers)) {
    for (const path of ["-rf.png", "a b;$(id)'\".png", "http:x.png"]) {
      const command = openCommand(os, path);
      assertEquals(command.program, program);
      const file = command.args.at(-1) ?? "";
      assert(isAbsolute(file) && file.endsWith(path), file);
    }
  }
});

Deno.test("a file that is not named as an image is not handed on", async () => {
  for (const path of ["x.desktop", "photo.png.exe", "png", "x.png\n.sh"]) {
    let started = false;
    const error = await assertRejects(
      () =>
        openOutside(path, () => {
          started = true;
          return Promise.resolve({ success: true });
        }),
      Failure,
    );
    assertEquals([error.code, started], ["bad-data", false]);
    assert(!error.message.includes("\n"));
  }
});

Deno.test("an opener that is missing or refuses is told of", async () => {
  const missing = await assertRejects(
    () =>
      openOutside(
        "x.png",
        () => Promise.reject(new Deno.errors.NotFound("no")),
        "linux",
      ),
    Failure,
  );
  assertEquals(missing.message, "Cannot open x.png: xdg-open is not installed");
  const refusing = await assertRejects(
    () =>
      openOutside("x.png", () => Promise.resolve({ success: false }), "darwin"),
    Failure,
  );
  assertEquals(refusing.message, "Cannot open x.png: open could not open it");
  const started: OpenCommand[] = [];
  await openOutside("x.JPG", (command) => {
    started.push(command);
    return Promise.resolve({ success: true });
  }, "linux");
  assertEquals(started.map((command) => command.program), ["xdg-open"]);
});
