// @core
/** What `ferry bench` can measure: scenarios, and the paths they go. */
import type { TransferFacts } from "../events.ts";

/** Something typical to send. */
export interface Scenario {
  readonly kind: TransferFacts["kind"];
  readonly title: string;
  /** Under which name it is sent. */
  readonly fileName: string;
  /** Bytes, unless the user says otherwise. */
  readonly bytes: number;
  /** Measurements at most, unless the user says otherwise. */
  readonly repeats: number;
}

/** In the order they are measured and shown. */
export const SCENARIOS = {
  message: {
    kind: "text",
    title: "a text message",
    fileName: "message.txt",
    bytes: 1024,
    repeats: 200,
  },
  json: {
    kind: "json",
    title: "a JSON message",
    fileName: "message.json",
    bytes: 16 * 1024,
    repeats: 200,
  },
  csv: {
    kind: "file",
    title: "a CSV file",
    fileName: "readings.csv",
    bytes: 256 * 1024,
    repeats: 100,
  },
  image: {
    kind: "file",
    title: "an image",
    fileName: "picture.png",
    bytes: 2 * 1024 * 1024,
    repeats: 50,
  },
  file: {
    kind: "file",
    title: "a large file",
    fileName: "archive.bin",
    bytes: 64 * 1024 * 1024,
    repeats: 20,
  },
} as const satisfies Record<string, Scenario>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof SCENARIOS;

/** All scenarios, in order. */
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** To the hub itself, through it to one peer, through it to several at once; in order. */
export const PATHS = ["hub", "peer", "broadcast"] as const;

/** Which way it goes. */
export type Path = typeof PATHS[number];

/** One line of the results: what is sent, and to whom. */
export interface Case {
  readonly scenario: ScenarioName;
  readonly path: Path;
  /** Bytes sent, once for all recipients. */
  readonly bytes: number;
  /** How many receive it. */
  readonly recipients: number;
}

/** A case as people and files name it: `csv/peer`. */
export function caseName({ scenario, path }: Case): string {
  return `${scenario}/${path}`;
}

/** The same case has the same key. */
export function caseKey({ scenario, path, bytes, recipients }: Case): string {
  return `${scenario}/${path}/${bytes}/${recipients}`;
}

/** The path in words: `broadcast to 3`. */
export function pathTitle({ path, recipients }: Case): string {
  return path === "hub"
    ? "to the hub"
    : path === "peer"
    ? "hub to peer"
    : `to ${recipients} ${recipients === 1 ? "peer" : "peers"}`;
}
