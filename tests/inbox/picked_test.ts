/** Whoever gets files from a hub takes those and no other, whatever the hub offers. */
import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { PickedInbox } from "../../lib/inbox/picked.ts";
import { Picks } from "../../lib/inbox/picks.ts";
import { FakeClock } from "../fake_clock.ts";
import { TempDir } from "../support/files.ts";
import { offer } from "../support/raw.ts";

const tree = "00000000000000aa";

for (
  const [fields, taken] of [
    [{ name: "report.csv" }, true],
    [{ name: "docs", kind: "directory", size: 0, id: tree, tree }, true],
    [{ name: "docs/a.txt", tree }, true],
    [{ name: "docs/.env", tree }, true],
    [{ name: "docs/../report.csv", tree }, false],
    [{ name: "docs-2/a.txt", tree }, false],
    [{ name: "a.txt" }, false],
    [{ name: ".bashrc" }, false],
    [{ name: "../report.csv" }, false],
    [{ name: "REPORT.CSV" }, false],
    [{ name: "deep" }, false],
    [{ name: "report.csv", kind: "text" }, false],
    [{ name: "report.csv", from: "mallory" }, false],
  ] as const
) {
  Deno.test(`asked for deep/report.csv and docs, ${JSON.stringify(fields)} is ${taken ? "taken" : "refused"}`, () => {
    using dir = new TempDir();
    const refused: string[] = [];
    const picks = new Picks(() => {});
    for (const name of ["report.csv", "docs"]) picks.ask(name);
    const inbox = new PickedInbox(
      {
        dir: dir.at("inbox"),
        name: () => "bob",
        accept: { kind: "names", names: new Set(["hub"]) },
        onConflict: "rename",
        keepMessages: false,
        windows: false,
        clock: new FakeClock(),
      },
      picks,
      ({ name }) => refused.push(name),
    );
    const offered = offer({ from: "hub", ...fields });
    const admit = () => inbox.admit(offered, new AbortController().signal);
    if (taken) admit();
    else assertThrows(admit, Failure);
    assertEquals(refused, taken ? [] : [fields.name]);
  });
}
