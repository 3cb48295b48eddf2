/** Peers, transfers, latencies and settings: the items both menus have. */
import { parseAcceptPolicy } from "../../lib/inbox/policy.ts";
import { Failure } from "../../lib/failure.ts";
import { safe } from "../../lib/text/safe.ts";
import { formatBytes } from "../../lib/text/units.ts";
import { paragraph } from "../layout.ts";
import type { Desk } from "./desk.ts";
import { latencyLines } from "./latency_table.ts";
import { ageOf, helpLines, movingLine, policyText } from "./words.ts";

/** How often an open list of transfers is brought up to date. Milliseconds. */
const REFRESH_MS = 500;

/** Prints who is connected. */
export async function peersItem(desk: Desk): Promise<void> {
  await desk.run(["peers", ...desk.post.hubArgs()]);
}

/** Lists who is connected, and sends one of them away when that is wanted. */
export async function disconnectItem(desk: Desk): Promise<void> {
  const { ui, post, context } = desk;
  while (true) {
    const name = await ui.choose({
      title: () => "Connected now; choose one to disconnect it",
      items: () =>
        post.peers().map(({ name, address, since }) => ({
          id: name,
          label: `${safe(name)}  ${safe(address)}  since ${
            ageOf(context.clock.date() - since)
          }`,
        })),
      empty: "Nobody is connected. Whoever joins appears here.",
    });
    if (name === undefined) return;
    const sure = await ui.confirm(
      `Disconnect ${safe(name)}? It has to be started anew to come back.`,
    );
    if (!sure) continue;
    ui.say(
      post.disconnect?.(name)
        ? `disconnected ${safe(name)}`
        : `${safe(name)} is gone already`,
    );
  }
}

/** Lists what is under way, for as long as somebody looks. */
export async function transfersItem(desk: Desk): Promise<void> {
  const { ui, post, record } = desk;
  const { clock } = desk.context;
  const items = () => {
    const own = record.moving();
    const ids = new Set(own.map(({ facts }) => facts.id));
    return [
      ...own.map((moving) => ({
        id: `${moving.facts.id} ${moving.facts.to}`,
        label: movingLine(moving, clock.now() - moving.since),
      })),
      ...(post.passing?.() ?? []).filter(({ id }) => !ids.has(id)).map((
        one,
      ) => ({
        id: one.id,
        label: `${safe(one.name)}  ${safe(one.from)} → ${
          one.to.map(safe).join(", ")
        }  ${formatBytes(one.bytes)}${
          one.size === null ? "" : ` of ${formatBytes(one.size)}`
        }`,
      })),
    ];
  };
  let stop = () => {};
  const tick = () => {
    ui.refresh();
    stop = clock.after(REFRESH_MS, tick);
  };
  stop = clock.after(REFRESH_MS, tick);
  try {
    await ui.choose({
      title: () => "Transfers under way",
      items,
      hint: "Esc goes back",
      empty: "Nothing is under way.",
    });
  } finally {
    stop();
  }
}

/** Prints where the time of recent transfers went. */
export function latencyItem({ ui, record, context }: Desk): Promise<void> {
  const lines = latencyLines(record.sent(), context.stdout.columns());
  ui.say(lines.join("\n"));
  return Promise.resolve();
}

/** Shows the settings; changes those that can change while it runs. */
export async function settingsItem(desk: Desk): Promise<void> {
  const { ui, post: { receiving } } = desk;
  if (receiving === undefined) return;
  const restart = desk.post.role === "hub" ? "ferry serve" : "ferry connect";
  let current: string | undefined;
  while (true) {
    const chosen = await ui.choose({
      title: () => "Settings; choose one to change it",
      items: () => [
        {
          id: "pause",
          label: receiving.paused
            ? "Accepting: paused (choose to go on)"
            : "Accepting: on (choose to pause)",
        },
        {
          id: "accept",
          label: `Whose transfers are taken: ${policyText(receiving.accept)}`,
        },
        {
          id: "name",
          label: `Name: ${safe(desk.post.name())} (at the next start)`,
        },
        {
          id: "inbox",
          label: `Inbox: ${safe(receiving.dir)} (at the next start)`,
        },
      ],
      current,
    });
    if (chosen === undefined) return;
    current = chosen;
    if (chosen === "pause") {
      receiving.paused = !receiving.paused;
      ui.say(
        receiving.paused
          ? "Paused: every offer is declined."
          : "Accepting again.",
      );
    } else if (chosen === "accept") await changePolicy(desk);
    else ui.say(`Start again with ${restart} --${chosen} to change it.`);
  }
}

async function changePolicy({ ui, post: { receiving } }: Desk): Promise<void> {
  if (receiving === undefined) return;
  const typed = await ui.text({
    key: "accept",
    title:
      "Whose transfers are taken? all, none, ask, or names separated by commas",
    initial: policyText(receiving.accept),
    check: policyProblem,
  });
  if (typed === undefined) return;
  receiving.accept = parseAcceptPolicy(typed.trim());
  ui.say(`Taken from now on: ${policyText(receiving.accept)}`);
}

function policyProblem(text: string): string | undefined {
  try {
    parseAcceptPolicy(text.trim());
    return undefined;
  } catch (error) {
    return error instanceof Failure ? safe(error.state) : "that is no answer";
  }
}

/** Prints how the menu works. */
export function helpItem({ ui, post, context }: Desk): Promise<void> {
  const columns = context.stdout.columns();
  const paragraphs = helpLines(post.role).split("\n");
  ui.say(paragraphs.map((line) => paragraph(line, columns)).join("\n"));
  return Promise.resolve();
}
