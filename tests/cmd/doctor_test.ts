/** What `ferry doctor` finds on machines that are not well. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../../cmd/run.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { fakeContext } from "../fake_context.ts";
import { TempDir } from "../support/files.ts";

interface Examined {
  status: number;
  found: Map<unknown, Record<string, unknown>>;
}

async function examine(
  env: Record<string, string>,
  ...args: string[]
): Promise<Examined> {
  const world = fakeContext({ env, clock: systemClock });
  const status = await run(["doctor", "--json", ...args], world.context);
  const checks = world.events().filter(({ event }) => event === "check");
  return { status, found: new Map(checks.map((one) => [one.name, one])) };
}

Deno.test("doctor: a machine without a hub is well, and nothing is left behind", async () => {
  using dir = new TempDir();
  const { status, found } = await examine({ HOME: dir.path });
  assertEquals(status, 0);
  assertEquals(found.get("hub")?.state, "note");
  assertEquals(dir.list(), []);
});

Deno.test("doctor: without a home there is nowhere for the state", async () => {
  const { status, found } = await examine({});
  assertEquals([status, found.get("state")?.state], [1, "problem"]);
});

Deno.test("doctor: a folder that cannot be written to is a problem with a hint", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("file"), "");
  const { status, found } = await examine(
    { HOME: dir.path, XDG_STATE_HOME: dir.at("file", "state") },
    "--inbox",
    dir.at("file", "inbox"),
  );
  assertEquals(status, 1);
  for (const name of ["state", "inbox"]) {
    assertEquals(found.get(name)?.state, "problem");
    assertStringIncludes(String(found.get(name)?.message), dir.at("file"));
    assertEquals(typeof found.get(name)?.hint, "string");
  }
});

Deno.test({
  name: "doctor: state that others may read is noted",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using dir = new TempDir();
    Deno.mkdirSync(dir.at("ferry"));
    Deno.chmodSync(dir.at("ferry"), 0o755);
    const { status, found } = await examine(
      { HOME: dir.path, XDG_STATE_HOME: dir.path },
    );
    assertEquals([status, found.get("state")?.state], [0, "note"]);
    assertEquals(found.get("state")?.hint, `chmod 700 ${dir.at("ferry")}`);
  },
});

Deno.test("doctor: a port that is taken is noted, as only a hub needs it", async () => {
  using dir = new TempDir();
  using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { status, found } = await examine(
    { HOME: dir.path },
    "--port",
    String(taken.addr.port),
  );
  assertEquals([status, found.get("port")?.state], [0, "note"]);
});

Deno.test("doctor: a hub that is named and not there is a problem", async () => {
  using dir = new TempDir();
  const { status, found } = await examine(
    { HOME: dir.path },
    "--insecure",
    "--hub",
    "127.0.0.1:1",
  );
  assertEquals([status, found.get("hub")?.state], [1, "problem"]);
});

Deno.test("doctor: a clock before Ferry's time is a problem", async () => {
  using dir = new TempDir();
  const world = fakeContext({
    env: { HOME: dir.path },
    clock: { ...systemClock, date: () => Date.UTC(1970, 0, 2) },
  });
  assertEquals(await run(["doctor", "-q"], world.context), 1);
  assertStringIncludes(
    world.stdout(),
    "problem  clock: 1970-01-02T00:00:00.000Z is in the past\n         hint: set the clock",
  );
});
