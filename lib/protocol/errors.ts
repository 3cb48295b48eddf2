// @core
import { Failure } from "../failure.ts";

/**
 * What the other side sent breaks the protocol. The connection it came on is told with an ERROR
 * frame and ends; nothing else is affected.
 */
export class RemoteProtocolError extends Failure {
  /** `message` is a sentence that may be shown to both sides. */
  constructor(
    message: string,
    code: "protocol" | "version" = "protocol",
    options: { hint?: string } = {},
  ) {
    super(code, message, options);
  }
}

/** Our own code asked the protocol for something it does not allow: a defect, never a remote fault. */
export class LocalProtocolError extends Error {
  override readonly name = "LocalProtocolError";
}

/** Makes a breach of the protocol into the error of the side that committed it. */
export type Breach = (message: string) => Error;

/** The other side's breach. */
export function theirs(message: string): Error {
  return new RemoteProtocolError(message);
}

/** Our own. */
export function ours(message: string): Error {
  return new LocalProtocolError(message);
}
