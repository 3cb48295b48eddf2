/** Help topics that are no commands, each derived from the data it explains. */
import type { FerryEvent } from "../lib/events.ts";
import { EXIT } from "../lib/failure.ts";
import { GLOBALS } from "./globals.ts";
import { columns, paragraph } from "./layout.ts";
import { variableName } from "./option.ts";

/** A page of `ferry help`. */
export interface Topic {
  readonly name: string;
  readonly summary: string;
  /** The page, wrapped to a width, without the last line end. */
  readonly text: (width: number) => string;
}

const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  ok: "Done; every receipt as required",
  failure: "A failure not listed here",
  usage: "Wrong usage or missing input",
  input: "An input is missing or unreadable",
  unreachable: "The hub cannot be resolved or reached",
  deadline: "A deadline passed",
  refused: "Declined, unknown or absent peer, or the name is taken",
  partial: "Partial: some recipients or files failed",
  integrity: "Integrity or protocol error",
  data: "Bad data in a file",
  output: "Output cannot be written, or the disk is full",
  auth: "Authentication failed",
  sigint: "Stopped by SIGINT (Ctrl-C)",
  sigterm: "Stopped by SIGTERM",
};

const TRANSFER = "id, dir, from, to, name, kind, bytes";

const EVENT_FIELDS: Record<FerryEvent["event"], string> = {
  "ready": "role, name, hub, addr {host, port}, secure: a script may go on",
  "peer.joined": "name",
  "peer.left": "name",
  "peer": "name, since, address: one line of the list of peers",
  "transfer.offered": TRANSFER,
  "transfer.accepted": TRANSFER,
  "transfer.declined": TRANSFER,
  "transfer.started": TRANSFER,
  "transfer.progress": "id, bytes, total, dir, to; at most once a second",
  "transfer.completed":
    `${TRANSFER}, sha256, saved, text or data, latency_ms {total, queue, offer, transfer, verify, ack}, bytes_per_s`,
  "transfer.failed": `${TRANSFER}, code, message, retryable`,
  "transfer.stored":
    `${TRANSFER}, sha256, until: the hub keeps it for a recipient that is away`,
  "view":
    "file, type (csv, json, ndjson, image), shown: the rows or records that the options leave; of an image format, width, height, frames, bytes. The contents are not printed",
  "warning": "code, message, hint",
  "error": "code, message, hint",
  "summary":
    "ok, failed, bytes, latency_ms {p50, p95, max}, exit: always the last",
  "help": "topic, text: what --help prints",
  "version": "version, deno, os, arch: what --version prints",
};

/** The topics, in the order help lists them. */
export const TOPICS: readonly Topic[] = [
  {
    name: "exit-codes",
    summary: "What exit statuses mean",
    text: (width) => {
      const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
      return page(
        "The exit status tells a script how a command ended:",
        names.map((name) => [`${EXIT[name]}`, EXIT_MEANINGS[name]]),
        width,
      );
    },
  },
  {
    name: "events",
    summary: "What --json prints",
    text: (width) =>
      page(
        "With --json, stdout holds one JSON object a line and nothing else. Every object has v (1), ts (ISO 8601, milliseconds, UTC) and event, then the fields of its event. Fields are only ever added; dir is send or receive, kind is file, text or json, and sizes and totals are null while they are not known.",
        Object.entries(EVENT_FIELDS),
        width,
      ),
  },
  {
    name: "environment",
    summary: "Environment variables and the config file",
    text: (width) =>
      page(
        "Every option can be set by its flag, else by the variable FERRY_ and its name, else in the config file, else it has its default. Switches take 1, true, 0 or false; an empty variable counts as unset. The config file is a JSON object with the names of flags as keys; an object under the name of a command holds for that command only.",
        [
          ...Object.keys(GLOBALS).filter((key) =>
            !GLOBALS[key as keyof typeof GLOBALS].commandLineOnly
          ).map((key): [string, string] => [
            variableName(key),
            GLOBALS[key as keyof typeof GLOBALS].help,
          ]),
          ["NO_COLOR", "Turns colours off unless --color always is given"],
          ["CI", "Turns questions off, as --no-input does"],
          ["ACCESSIBLE", "Asks in plain lines, as --accessible does"],
          [
            "XDG_CONFIG_HOME",
            "The config file is ferry/config.json in this folder",
          ],
          ["XDG_STATE_HOME", "Identity, ledger and spool are in ferry there"],
        ],
        width,
      ),
  },
];

function page(
  intro: string,
  rows: readonly (readonly [string, string])[],
  width: number,
): string {
  return `${paragraph(intro, width)}\n\n${columns(rows, width)}`;
}
