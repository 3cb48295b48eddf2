/**
 * The commands. A row loads its module only when the command runs or its help is asked for, so that
 * `ferry --help` starts fast. Adding a command is one file here and one row.
 */
import type { Row } from "./command.ts";

/** In the order help lists them; rows of one group stand together. */
export const TABLE: readonly Row[] = [
  {
    name: "serve",
    summary: "Run the hub that peers join",
    group: "Stay connected",
    load: () => import("./serve.ts"),
  },
  {
    name: "connect",
    summary: "Join a hub and receive",
    group: "Stay connected",
    load: () => import("./connect.ts"),
  },
  {
    name: "send",
    summary: "Send files or a message to peers",
    group: "Once",
    load: () => import("./send.ts"),
  },
  {
    name: "broadcast",
    summary: "Send files or a message to every peer",
    group: "Once",
    load: () => import("./broadcast.ts"),
  },
  {
    name: "peers",
    summary: "List who is connected",
    group: "Once",
    load: () => import("./peers.ts"),
  },
  {
    name: "ticket",
    summary: "Print what a peer on another machine joins with",
    group: "Once",
    load: () => import("./ticket.ts"),
  },
  {
    name: "view",
    summary: "Show images, CSV and JSON in the terminal",
    group: "Look",
    load: () => import("./view.ts"),
  },
  {
    name: "dissector",
    summary: "Print or install the Wireshark dissector",
    group: "Examine",
    load: () => import("./dissector.ts"),
  },
  {
    name: "reconcile",
    summary: "Set logged latencies beside a packet capture",
    group: "Examine",
    load: () => import("./reconcile.ts"),
  },
  {
    name: "bench",
    summary: "Measure latency and throughput",
    group: "Examine",
    load: () => import("./bench.ts"),
  },
  {
    name: "help",
    summary: "Explain a command or a topic",
    group: "About",
    load: () => import("./help.ts"),
  },
  {
    name: "doctor",
    summary: "Find out what would stop a transfer",
    group: "About",
    load: () => import("./doctor.ts"),
  },
  {
    name: "completions",
    summary: "Complete command lines in bash, zsh, fish, PowerShell",
    group: "About",
    load: () => import("./completions.ts"),
  },
];
