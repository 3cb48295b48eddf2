/**
 * Where a command's ticket comes from. Never from its arguments, which every user of the machine
 * can read in the list of processes.
 */
import { resolve } from "@std/path";
import { Failure, systemState } from "../lib/failure.ts";
import { isTicket } from "../lib/net/ticket.ts";
import type { Context } from "./context.ts";

/** A ticket is far shorter, however it is grouped. Bytes. */
const MAX_TICKET_BYTES = 4096;

/** How to hand over a ticket, as hints say it. */
export const TICKET_WAYS =
  "put it in FERRY_TICKET or in a file named by --ticket-file, or start " +
  "ferry connect - and paste it";

/** Refuses a ticket as an argument. Throws Failure `usage`, which does not repeat it. */
export function assertNoTicket(text: string, place: string): void {
  if (!isTicket(text)) return;
  throw new Failure(
    "usage",
    `Cannot use ${place}: a ticket is secret, and arguments can be read by every user of this machine`,
    { hint: `${TICKET_WAYS}; ferry ticket --rotate makes a new one` },
  );
}

/** Standard input is the ticket or what is sent, not both. Throws Failure `usage`. */
export function assertInputFree(
  hub: string | undefined,
  paths: readonly string[],
): void {
  if (hub !== "-" || !paths.includes("-")) return;
  throw new Failure(
    "usage",
    "Cannot read the ticket from standard input: it is what is sent",
    {
      hint: "put the ticket in FERRY_TICKET or name a file with --ticket-file",
    },
  );
}

/** The ticket in a file. Throws Failure `input` when it cannot be read. */
export async function ticketInFile(
  path: string,
  context: Context,
): Promise<string> {
  try {
    using file = await Deno.open(resolve(context.cwd(), path));
    return await firstLine(file.readable);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const state = cause instanceof Deno.errors.NotFound
      ? "the file does not exist"
      : systemState(cause);
    throw new Failure("input", `Cannot read ticket file ${path}: ${state}`, {
      cause,
    });
  }
}

/** The ticket on standard input, which stays open behind its line. Throws Failure `usage` when there is none. */
export async function ticketOnInput(context: Context): Promise<string> {
  const line = await firstLine(context.stdin.stream());
  if (line !== "") return line;
  throw new Failure("usage", "Cannot read the ticket: standard input is empty");
}

/** The first line that is not empty. */
async function firstLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  try {
    while (text.length < MAX_TICKET_BYTES && !/\S.*\n/.test(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
  return text.trim().split("\n", 1)[0]?.trim() ?? "";
}
