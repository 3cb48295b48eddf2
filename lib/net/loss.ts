/** What becomes of an error that a socket threw. */
import { asFailure, Failure } from "../failure.ts";

/** What the runtime throws when a connection breaks, or is closed under a read or write. */
const SOCKET_ERRORS = new Set([
  "BadResource",
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionReset",
  "Interrupted",
  "NotConnected",
  "TimedOut",
  "UnexpectedEof",
]);

/** Words what went wrong with a socket; anything else that was thrown is a defect and says so itself. */
export function lossOf(error: unknown): Failure {
  if (!(error instanceof Error) || !SOCKET_ERRORS.has(error.name)) {
    return asFailure(error);
  }
  return new Failure("disconnected", "the connection was lost", {
    cause: error,
  });
}
