/** Row: exit 0 after a failure or a refusal (qrcp#243). */
import { assert, assertEquals } from "@std/assert";
import { EXIT, exitOf, type FailureCode } from "../../lib/failure.ts";
import { CODES } from "../../lib/failure.ts";
import type { Message } from "../../lib/protocol/message.ts";
import { inProcess } from "../cli/world.ts";
import { TempDir } from "../support/files.ts";
import { type RawEnd, RawListener, welcome } from "../support/raw.ts";
import { within } from "../support/within.ts";

const ROW = "safety: exit 0 after a failure or a refusal";

/** The status of a send whose offer a hub, spoken by hand, answers so. */
async function statusOf(
  answer: (end: RawEnd, id: string) => Promise<void>,
  args: readonly string[] = [],
): Promise<number> {
  using dir = new TempDir();
  using listener = new RawListener();
  Deno.writeTextFileSync(dir.at("file.txt"), "hello");
  const hub = `127.0.0.1:${listener.port}`;
  const command = inProcess.start({
    args: [
      "send",
      "--to",
      "bob",
      "file.txt",
      "--insecure",
      "--hub",
      hub,
      ...args,
    ],
    cwd: dir.path,
    env: { HOME: dir.path },
    stdin: new Uint8Array(),
    stdinHeld: false,
    stdoutClosed: false,
  });
  using end = await listener.accept();
  await end.send(welcome((await end.expect("hello")).name));
  const { id } = await end.expect("offer");
  await answer(end, id);
  end[Symbol.dispose]();
  return await within(command.status, "the end of the command");
}

const says =
  (message: (id: string) => Message) => async (end: RawEnd, id: string) => {
    await end.send(message(id));
    await end.ended().catch(() => {});
  };

/** A hub that is lost is not waited for any longer. */
const NO_RETURN = ["--idle-timeout", "50ms"];

const failed = { retryable: false, message: "no" } as const;
const WAYS: Record<string, (code: string) => (id: string) => Message> = {
  "a failed RECEIPT": (code) => (id) => ({
    type: "receipt",
    status: "failed",
    id,
    recipient: "bob",
    code,
    ...failed,
  }),
  "a REJECT": (code) => (id) => ({ type: "reject", id, code, ...failed }),
  "an ERROR": (code) => () => ({
    type: "error",
    scope: "connection",
    code,
    ...failed,
  }),
  "a BYE": (code) => () => ({ type: "bye", code, message: "no" }),
};

for (const [way, message] of Object.entries(WAYS)) {
  Deno.test(`${ROW}: ${way} of any code gives the status of that code`, async () => {
    for (const code of Object.keys(CODES) as FailureCode[]) {
      assert(exitOf(code) !== EXIT.ok, code);
      // A signal is our user's alone: nobody else ends us with 130, without a word.
      const meant = code === "sigint" || code === "sigterm"
        ? "cancelled"
        : code;
      const status = await statusOf(says(message(code)), NO_RETURN);
      assertEquals(status, exitOf(meant), code);
    }
    assertEquals(await statusOf(says(message("not-known.yet"))), EXIT.failure);
  });
}

Deno.test(`${ROW}: a hub that is lost, silent or speaks nonsense gives no 0`, async () => {
  const lost = (end: RawEnd) => Promise.resolve(end[Symbol.dispose]());
  assertEquals(await statusOf(lost, NO_RETURN), EXIT.unreachable);
  const silent = (end: RawEnd) => end.ended().catch(() => {});
  const args = ["--accept-timeout", "50ms", "--idle-timeout", "50ms"];
  const deadlines = [...args, "--receipt-timeout", "50ms"];
  assertEquals(await statusOf(silent, deadlines), EXIT.deadline);
  assertEquals(await statusOf(silent, ["--timeout", "100ms"]), EXIT.deadline);
  const nonsense = async (end: RawEnd) => {
    await end.write(new Uint8Array(64).fill(0x7f));
    await end.ended().catch(() => {});
  };
  assertEquals(await statusOf(nonsense), EXIT.integrity);
});

Deno.test(`${ROW}: a receipt for somebody else, or twice, is no success`, async () => {
  const receipt = (id: string, recipient: string): Message => ({
    type: "receipt",
    status: "delivered",
    id,
    recipient,
    verify_ms: 0,
  });
  assertEquals(
    await statusOf(says((id) => receipt(id, "carol"))),
    EXIT.integrity,
  );
  const other = "0123456789abcdef";
  assertEquals(
    await statusOf(says(() => receipt(other, "bob"))),
    EXIT.integrity,
  );
});
