/** The hub's identity: made once, for its owner's eyes, and never lost in silence. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { Failure } from "../lib/failure.ts";
import {
  hubIdentity,
  hubIdentityPath,
  readHubIdentity,
  rotateTicket,
  Secrets,
} from "../lib/state/hub_identity.ts";
import { TempDir } from "./support/files.ts";

const MAKE = `
  const { hubIdentity } = await import(Deno.args[0]);
  console.log(JSON.stringify(await hubIdentity(Deno.args[1])));
`;

Deno.test("identity: processes that start at once make one, and all get it", async () => {
  using dir = new TempDir();
  const module = new URL("../lib/state/hub_identity.ts", import.meta.url).href;
  const config = new URL("../deno.json", import.meta.url).pathname;
  const file = dir.at("make.ts");
  Deno.writeTextFileSync(file, MAKE);
  const outputs = await Promise.all(
    [1, 2, 3].map(() =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--config", config, file, module, dir.at("state")],
      }).output()
    ),
  );
  const made = outputs.map(({ stdout }) => new TextDecoder().decode(stdout));
  assert(made[0]?.includes("BEGIN CERTIFICATE"), made[0]);
  assertEquals(new Set(made).size, 1);
  assertEquals(readHubIdentity(dir.at("state")), JSON.parse(made[0] ?? ""));
  const left = [...Deno.readDirSync(dir.at("state/hub"))];
  assertEquals(left.map(({ name }) => name), ["identity.json"]);
});

Deno.test({
  name: "identity: nobody but the owner reads it",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using dir = new TempDir();
    await hubIdentity(dir.path);
    await rotateTicket(dir.path);
    const path = hubIdentityPath(dir.path);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    assertEquals((Deno.statSync(dir.at("hub")).mode ?? 0) & 0o777, 0o700);
  },
});

Deno.test("identity: rotating replaces the ticket's secret and nothing else, and a running hub notices", async () => {
  using dir = new TempDir();
  const before = await hubIdentity(dir.path);
  const secrets = new Secrets(dir.path, before);
  assertEquals(secrets.now(), before);
  const after = await rotateTicket(dir.path);
  assertNotEquals(after.ticket_secret, before.ticket_secret);
  assertEquals({ ...after, ticket_secret: "" }, {
    ...before,
    ticket_secret: "",
  });
  assertEquals(secrets.now(), after);
  // Damaged or gone while the hub runs: it stays who it is.
  Deno.writeTextFileSync(hubIdentityPath(dir.path), "{");
  assertEquals(secrets.now(), after);
  Deno.removeSync(hubIdentityPath(dir.path));
  assertEquals(secrets.now(), after);
});

Deno.test("identity: a damaged file is told, and left as it is", async () => {
  using dir = new TempDir();
  await hubIdentity(dir.path);
  const path = hubIdentityPath(dir.path);
  for (const damage of ["", "{", "[]", '{"version":1}', "\u0000\u0001"]) {
    Deno.writeTextFileSync(path, damage);
    const failure = assertThrows(() => readHubIdentity(dir.path), Failure);
    assertEquals(failure.code, "bad-data");
    assert(failure.hint?.includes("remove it"), failure.hint);
    const again = await hubIdentity(dir.path).catch((error) => error);
    assertEquals(again.code, "bad-data");
    assertEquals(Deno.readTextFileSync(path), damage);
  }
});
