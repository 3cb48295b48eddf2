/** A client's connection past its greeting, over a stream in memory. */
import { Connection, type Receiver } from "../../lib/net/connection.ts";
import type { Outflow } from "../../lib/net/outflow.ts";
import { Session } from "../../lib/protocol/session.ts";
import type { Body } from "../../lib/transfer/transfer.ts";
import { FakeClock } from "../fake_clock.ts";
import { hello, offer, welcome } from "../support/raw.ts";
import { FakeStream } from "./fake_stream.ts";

/** How long a write may move nothing, in milliseconds. */
export const IDLE_MS = 4_000;

/** What a test works with. */
export interface Opened {
  readonly connection: Connection;
  readonly stream: FakeStream;
  readonly clock: FakeClock;
  /** What `run` ended with: `clean`, or the message of the error. */
  readonly ended: Promise<string>;
  /** Offers a body and begins to send it; gives its id. */
  send(body: Body, name?: string): string;
}

/** Opens one; `receiver` hears what comes after the greeting. */
export async function opened(
  receiver: Partial<Receiver> = {},
): Promise<Opened> {
  const [stream, clock] = [new FakeStream(), new FakeClock()];
  const session = new Session("client");
  const connection = new Connection(stream, session, {
    clock,
    idleMs: IDLE_MS,
  });
  const greeted = Promise.withResolvers<void>();
  const ended = connection.run({
    message: (message) =>
      message.type === "welcome"
        ? greeted.resolve()
        : receiver.message?.(message),
    data: (id, offset, bytes) => receiver.data?.(id, offset, bytes),
  }).then(() => "clean", (error: Error) => error.message);
  connection.send(hello("alice"));
  stream.feed(welcome("alice"));
  await greeted.promise;
  await stream.frames.count(1, "frames");
  stream.frames.all.length = 0;
  const send = (body: Body, name = "report.csv"): string => {
    const inline = body.size !== null && body.size <= 65_536;
    const offered = offer({ name, size: body.size, inline });
    const { id } = offered;
    connection.send({ type: "offer", ...offered });
    if (!inline) session.receive({ type: "accept", id, offset: 0 });
    connection.attach(outflowOf(connection, id, body));
    return id;
  };
  return { connection, stream, clock, ended, send };
}

function outflowOf(connection: Connection, id: string, body: Body): Outflow {
  return {
    id,
    size: body.size,
    reader: body.read(0, () => connection.wake()),
    offset: 0,
    moved: () => {},
    sent: () => {},
    broken: () => {},
  };
}
