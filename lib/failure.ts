// @core
/**
 * The one class of error Ferry shows to people, and the stable codes behind it.
 *
 * A code travels on the wire (RECEIPT, REJECT, CANCEL, ERROR) and in `--json` events, and decides
 * the exit status. Codes are only ever added; PROTOCOL.md lists them.
 */

/** Exit statuses of the program, as the command-line contract names them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  input: 3,
  unreachable: 4,
  deadline: 5,
  refused: 6,
  partial: 7,
  integrity: 8,
  data: 9,
  output: 10,
  auth: 11,
  sigint: 130,
  sigterm: 143,
} as const;

/** What each code means to a script (`exit`) and whether trying again later can help. */
export const CODES = {
  "failure": { exit: EXIT.failure, retryable: false },
  "usage": { exit: EXIT.usage, retryable: false },
  "input": { exit: EXIT.input, retryable: false },
  "unreachable": { exit: EXIT.unreachable, retryable: true },
  "disconnected": { exit: EXIT.unreachable, retryable: true },
  "shutdown": { exit: EXIT.unreachable, retryable: true },
  "deadline.connect": { exit: EXIT.deadline, retryable: true },
  "deadline.handshake": { exit: EXIT.deadline, retryable: true },
  "deadline.accept": { exit: EXIT.deadline, retryable: true },
  "deadline.idle": { exit: EXIT.deadline, retryable: true },
  "deadline.receipt": { exit: EXIT.deadline, retryable: true },
  "deadline.total": { exit: EXIT.deadline, retryable: true },
  "deadline.queue": { exit: EXIT.deadline, retryable: true },
  "absent": { exit: EXIT.refused, retryable: true },
  "declined": { exit: EXIT.refused, retryable: false },
  "bad-name": { exit: EXIT.refused, retryable: false },
  "name-taken": { exit: EXIT.refused, retryable: true },
  "limit": { exit: EXIT.refused, retryable: true },
  "partial": { exit: EXIT.partial, retryable: true },
  "integrity": { exit: EXIT.integrity, retryable: true },
  "protocol": { exit: EXIT.integrity, retryable: false },
  "version": { exit: EXIT.integrity, retryable: false },
  "bad-data": { exit: EXIT.data, retryable: false },
  "output": { exit: EXIT.output, retryable: false },
  "conflict": { exit: EXIT.refused, retryable: false },
  "split": { exit: EXIT.partial, retryable: true },
  "disk-full": { exit: EXIT.output, retryable: true },
  "auth": { exit: EXIT.auth, retryable: false },
  "cancelled": { exit: EXIT.failure, retryable: true },
  "sigint": { exit: EXIT.sigint, retryable: true },
  "sigterm": { exit: EXIT.sigterm, retryable: true },
} as const;

/** A stable failure code. */
export type FailureCode = keyof typeof CODES;

/**
 * Narrows a string from the wire to a known code; codes this version does not know become `failure`.
 * A signal is only our own user's to send: from elsewhere it means `cancelled`.
 */
export function failureCode(text: string): FailureCode {
  if (text === "sigint" || text === "sigterm") return "cancelled";
  return Object.hasOwn(CODES, text) ? text as FailureCode : "failure";
}

/** The exit status a failure with this code gives. */
export function exitOf(code: FailureCode): number {
  return CODES[code].exit;
}

/** Whether trying the same thing again later can succeed. */
export function isRetryable(code: FailureCode): boolean {
  return CODES[code].retryable;
}

/**
 * An error worded for people: the action that failed, then `: ` and the state, no final period
 * (`Cannot send report.csv: alice is not connected`), and, where one helps, a hint.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  /** What to try next, when there is something. */
  readonly hint: string | undefined;

  constructor(
    readonly code: FailureCode,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.hint = options.hint;
  }

  /** What went wrong, without the action: for a sentence that names another one. */
  get state(): string {
    return this.message.replace(/^Cannot .*?: /, "");
  }

  /** The exit status this failure gives when it ends the program. */
  get exit(): number {
    return exitOf(this.code);
  }
}

/** A thrown value as a Failure: itself, or an unforeseen error wrapped as `failure`. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure("failure", message, { cause: error });
}

/** What the operating system (or SQLite) said, as a state, without its number and our paths: others get to read it. */
export function systemState(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const said = message.replace(/ \(os error \d+\).*$/s, "");
  return said === message ? said : said.charAt(0).toLowerCase() + said.slice(1);
}
