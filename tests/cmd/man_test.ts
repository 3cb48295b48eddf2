/** The manual page: complete, and without a fault a formatter would find. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { manPage } from "../../cmd/man.ts";
import { run } from "../../cmd/run.ts";
import { TABLE } from "../../cmd/table.ts";
import { fakeContext } from "../fake_context.ts";

const PAGE = await manPage(TABLE);

Deno.test("man page: ferry help man prints it, with every command", async () => {
  const world = fakeContext();
  assertEquals(await run(["help", "man"], world.context), 0);
  assertEquals(world.stdout(), `${PAGE}\n`);
  for (const { name } of TABLE) assertStringIncludes(PAGE, `\n.SS ${name}\n`);
  for (const title of ["EXIT STATUS", "EVENTS", "ENVIRONMENT", "MENUS"]) {
    assertStringIncludes(PAGE, `\n.SH ${title}\n`);
  }
});

Deno.test("man page: nothing but printable ASCII, and no request that is not ours", () => {
  assertEquals(PAGE.match(/[^\n -~]/), null);
  const requests = PAGE.match(/^[.'].*$/gm) ?? [];
  const others = requests.filter((line) =>
    !/^\.(TH|SH|SS|TP|PP|B|I|RS|RE|nf|fi|br)( |$)/.test(line)
  );
  assertEquals(others, []);
});

for (
  const [program, ...args] of [
    ["mandoc", "-T", "lint", "-W", "warning"],
    ["groff", "-man", "-ww", "-z"],
  ] as const
) {
  const installed = isInstalled(program);
  Deno.test({
    name: `man page: ${program} finds no fault${
      installed ? "" : " (skipped: it is not installed)"
    }`,
    ignore: !installed,
    fn: async () => {
      const child = new Deno.Command(program, {
        args: [...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(`${PAGE}\n`));
      await writer.close();
      const { stdout, stderr } = await child.output();
      const text = new TextDecoder();
      const faults = `${text.decode(stdout)}${text.decode(stderr)}`.split("\n")
        // It has none, so that it is the same whenever it is made.
        .filter((line) => line !== "" && !line.includes("missing date"));
      assertEquals(faults, []);
    },
  });
}

function isInstalled(program: string): boolean {
  try {
    new Deno.Command(program, {
      args: ["-h"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return true;
  } catch {
    return false;
  }
}
