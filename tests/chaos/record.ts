/** Writes docs/chaos.md: what was injected, how often, and what held. */
import { fromFileUrl } from "@std/path";
import { ABOUT, KINDS } from "./plan.ts";
import type { Outcome } from "./round.ts";

const PAGE = fromFileUrl(new URL("../../docs/chaos.md", import.meta.url));

const MIB = 1024 * 1024;

/** Writes the page of a run that began with the seed `first`. */
export function record(outcomes: readonly Outcome[], first: number): void {
  const sum = (of: (one: Outcome) => number, all = outcomes) =>
    all.reduce((total, one) => total + of(one), 0);
  const failed = outcomes.filter(({ wrongs }) => wrongs.length > 0);
  const acts = (all: readonly Outcome[], word: string, who: string) =>
    sum(
      ({ done }) =>
        done.filter((fault) => fault.act === word && fault.who === who).length,
      all,
    );
  const between = (how: string) =>
    sum(({ plan }) => plan.between === how ? 1 : 0);
  const injected: [string, number][] = [
    [
      "sender, or `ferry get`, killed (`kill -9`)",
      acts(outcomes, "kill", "sender"),
    ],
    [
      "hub killed (`kill -9`)",
      acts(outcomes, "kill", "hub") + between("kill"),
    ],
    ["recipient killed (`kill -9`)", acts(outcomes, "kill", "recipient")],
    [
      "hub told to stop (SIGTERM)",
      acts(outcomes, "term", "hub") + between("term"),
    ],
    ["recipient stopped (SIGSTOP)", acts(outcomes, "stop", "recipient")],
    ["all connections of one side cut", acts(outcomes, "cut", "network")],
    [
      "all connections of one side ended where they were",
      acts(outcomes, "end", "network"),
    ],
    ["disk of an inbox filled", acts(outcomes, "fill", "inbox")],
    ["disk of the spool filled", acts(outcomes, "fill", "spool")],
  ];
  const rounds = KINDS.map((kind) => {
    const all = outcomes.filter(({ plan }) => plan.kind === kind);
    const bad = all.filter(({ wrongs }) => wrongs.length > 0).length;
    const faults = sum(({ done }) => done.length, all);
    return `| ${kind} | ${ABOUT[kind]} | ${all.length} | ${faults} | ${
      all.length - bad
    } | ${bad} |`;
  });
  const count = (n: number) => n.toLocaleString("en-US");
  const bytes = Math.round(sum(({ facts }) => facts.bytes) / MIB);
  Deno.writeTextFileSync(
    PAGE,
    `# Faults, and what held

Written by \`deno task chaos --record\`; the last run began with seed ${first} and played ${outcomes.length} rounds with real processes, ${
      count(outcomes.filter(({ plan }) => plan.secure).length)
    } of them over TLS and the others with \`--insecure\`. A round is decided by its kind and seed; what fails prints the line that plays it again.

| kind | what happens | rounds | faults | held | failed |
|---|---|---|---|---|---|
${rounds.join("\n")}

Injected:

| fault | times |
|---|---|
${injected.map(([what, times]) => `| ${what} | ${count(times)} |`).join("\n")}

After each round: whatever a sender was told (\`transfer.completed\`, \`transfer.stored\`) is at the recipient, whole, with its SHA-256, once; nothing else is in an inbox, no partial file and nothing half-written; a directory has its modification times; the spool is empty; no process outlived its deadlines; exit statuses are those of what was reported; another transfer goes through to everybody; hub and peers end at SIGTERM with 143.

| counted | |
|---|---|
| runs of \`ferry send\`, \`ferry broadcast\` and \`ferry get\` | ${
      count(sum(({ attempts }) => attempts.length))
    } |
| receipts given, and files and directories \`ferry get\` said to have got | ${
      count(sum(({ facts }) => facts.receipts))
    } |
| of them \`stored\` | ${count(sum(({ facts }) => facts.stored))} |
| files delivered | ${count(sum(({ facts }) => facts.files))}, ${
      count(bytes)
    } MiB |
| connections that these mended by themselves | ${
      count(sum(({ facts }) => facts.reconnected))
    } |
| transfers that went on from an offset | ${
      count(sum(({ facts }) => facts.resumed))
    } |
| files that were there twice because they were sent again by hand, their first receipt lost with a killed process | ${
      count(sum(({ facts }) => facts.again))
    } |
| rounds that failed | ${count(failed.length)} |
`,
  );
}
