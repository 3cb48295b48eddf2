/** Help topics that are no commands, each derived from the data it explains. */
import type { FerryEvent, PastTransfer } from "../lib/events.ts";
import { EXIT } from "../lib/failure.ts";
import { GLOBALS } from "./globals.ts";
import { variableName } from "./option.ts";

/** A page of `ferry help`. */
export interface Topic {
  readonly name: string;
  readonly summary: string;
  readonly intro: string;
  /** Terms, each with its explanation. */
  readonly rows: () => Rows | Promise<Rows>;
}

/** Terms and their explanations. */
export type Rows = readonly (readonly [term: string, explanation: string])[];

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

const TRANSFER = "id, dir, from, to, name, kind, bytes, tree";

const EVENT_FIELDS: Record<(FerryEvent | PastTransfer)["event"], string> = {
  "ready": "role, name, hub, addr {host, port}, secure: a script may go on",
  "peer.joined": "name",
  "peer.left": "name",
  "peer": "name, since, address: one line of the list of peers",
  "ticket": "ticket (secret), hosts, port, fingerprint",
  "shared":
    "name, kind (file, directory), bytes, modified: one line of the list of what a hub shares",
  "transfer.offered": TRANSFER,
  "transfer.accepted": TRANSFER,
  "transfer.declined": TRANSFER,
  "transfer.started": TRANSFER,
  "transfer.progress": "id, bytes, total, dir, to, tree; at most once a second",
  "transfer.completed":
    `${TRANSFER} (the id of the directory it is in), sha256, unchanged (it was there already), saved, text or data, files {transferred, unchanged, failed} of a directory, latency_ms {total, queue, offer, transfer, verify, ack} when sending, one_way_ms {ms, bound} from the hub when receiving, bytes_per_s`,
  "transfer.failed": `${TRANSFER}, code, message, retryable, hint`,
  "transfer.stored":
    `${TRANSFER}, sha256, until: the hub keeps it for a recipient that is away`,
  "view":
    "file, type (csv, json, ndjson, image), shown: the rows or records that the options leave; of an image format, width, height, frames, bytes. The contents are not printed",
  "check":
    "name, state (ok, note or problem), message, hint: one line of ferry doctor",
  "reconciled":
    "id, name, from, to, bytes, program_ms (as latency_ms above), capture_ms, difference_ms, hops [{hop, latency_ms, offer_ms, transfer_ms, receipt_ms, verify_ms, bytes, frames {offer, end, receipt}}], status (delivered, unchanged, stored), verdict (consistent, differs, missing, not logged), why",
  "dissector": "lua, or saved: where it was put",
  "bench.started":
    "hub, own, addr {host, port}, peers, secure, bare, os, arch, cores, deno: what is measured on",
  "bench.result":
    "scenario, path, bytes, recipients, repeats, failed, latency_ms {p50, p95, p99, max}, breakdown_ms {total, queue, offer, transfer, verify, ack} of the median transfer, bytes_per_s at all recipients together, bare {p50, bytes_per_s, share} or null, round_trip_ms or null",
  "warning": "code, message, hint",
  "error": "code, message, hint",
  "summary":
    "ok, failed, bytes, latency_ms {p50, p95, max}, exit: always the last. ok counts files and messages, not directories",
  "help": "topic, text: what --help prints",
  "version":
    "version, deno, os, arch, kind (source, compiled or portable), commit: what --version prints",
};

/** The topics, in the order help lists them. */
export const TOPICS: readonly Topic[] = [
  {
    name: "exit-codes",
    summary: "What exit statuses mean",
    intro: "The exit status tells a script how a command ended:",
    rows: () => {
      const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
      return names.map((name) => [`${EXIT[name]}`, EXIT_MEANINGS[name]]);
    },
  },
  {
    name: "events",
    summary: "What --json prints",
    intro:
      "With --json, stdout holds one JSON object a line and nothing else. Every object has v (1), ts (ISO 8601, milliseconds, UTC) and event, then the fields of its event. Fields are only ever added; dir is send or receive, kind is file, text, json or directory, and sizes and totals are null while they are not known. ferry history prints transfers as they ended, or transfer.started, with at and ended (ISO 8601) and the latencies of the hub.",
    rows: () => Object.entries(EVENT_FIELDS),
  },
  {
    name: "environment",
    summary: "Environment variables and the config file",
    intro:
      "Every option can be set by its flag, else by the variable FERRY_ and its name (FERRY_HUB for --hub), else in the config file, else it has its default. Switches take 1, true, 0 or false; an empty variable counts as unset. The config file is a JSON object with the names of flags as keys; an object under the name of a command holds for that command only.",
    rows: () => [
      ...Object.entries(GLOBALS).filter(([, option]) => !option.commandLineOnly)
        .map(([key, { help }]): [string, string] => [variableName(key), help]),
      ["FERRY_TICKET", "The ticket of the hub to join; see ferry help ticket"],
      ["NO_COLOR", "Turns colours off unless --color always is given"],
      ["CI", "Turns questions off, as --no-input does"],
      ["ACCESSIBLE", "Asks in plain lines, as --accessible does"],
      ["PAGER", "Shows what ferry view finds taller than the screen"],
      [
        "XDG_CONFIG_HOME",
        "The config file is ferry/config.json in this folder",
      ],
      ["XDG_STATE_HOME", "Identity, ledger and spool are in ferry there"],
      [
        "XDG_CACHE_HOME",
        "A portable executable unpacks itself into ferry there; else, or where nothing can be written, below TMPDIR",
      ],
    ],
  },
  {
    name: "menus",
    summary: "What the menus hold, and their keys",
    intro:
      "On a terminal, ferry alone, ferry serve and ferry connect open a menu; --no-menu does without. Every action prints the command that does the same. --accessible makes it a numbered list with typed answers.",
    rows: async () => {
      const { CLIENT_MENU, HUB_MENU } = await import("./menu/menus.ts");
      const items = (menu: typeof CLIENT_MENU) =>
        menu.map(({ label, key }, at) =>
          `${key ?? at + 1} ${typeof label === "string" ? label : label()}`
        ).join(", ");
      return [
        ["of a peer", items(CLIENT_MENU)],
        ["of a hub", items(HUB_MENU)],
        ["digits", "Choose an item"],
        ["arrows, Enter", "Choose an item as well"],
        ["Tab", "Completes a path"],
        ["Esc", "Goes back a level"],
        ["Ctrl-C", "Cancels a prompt; at the top level it quits"],
        ["i", "Opens an offer that waits for an answer"],
      ];
    },
  },
  {
    name: "man",
    summary: "The manual page: ferry help man > ferry.1",
    intro: "",
    rows: () => [],
  },
];
