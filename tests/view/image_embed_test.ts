/** What `deno compile` needs: everything that shows an image is imported, and nothing is fetched. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { file } from "./image_support.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function deno(args: string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the Worker and every decoder are in the module graph, so compile embeds them", async () => {
  const graph = await deno(["info", "--json", "lib/view/image/show.ts"]);
  const { modules } = JSON.parse(graph) as { modules: { specifier: string }[] };
  const found = modules.map((module) => module.specifier);
  for (
    const needed of [
      "/lib/view/image/decode_worker.ts",
      "/lib/view/image/jpeg_small.ts",
      "@jsquash/png@",
      "@jsquash/jpeg@",
      "@jsquash/webp@",
      "omggif@",
    ]
  ) {
    assert(found.some((specifier) => specifier.includes(needed)), needed);
  }
});

Deno.test("every format is decoded without network, with files as the only permission", async () => {
  const names = ["quad.png", "quad.jpg", "lossy.webp", "disposal-2.gif"];
  const script = `
    import { DEFAULT_IMAGE_OPTIONS, showImage } from "./lib/view/image/show.ts";
    import { systemClock } from "./lib/time/clock.ts";
    for (const name of ${JSON.stringify(names)}) {
      await showImage(name, await Deno.readFile("testdata/view/image/" + name), DEFAULT_IMAGE_OPTIONS, {
        write: async (bytes) => void (await Deno.stdout.write(bytes)),
        note: () => {},
        env: () => undefined,
        clock: systemClock,
        signal: new AbortController().signal,
      });
    }`;
  const output = await deno(
    ["run", "--cached-only", "--no-prompt", "--deny-net", "--allow-read", "-"],
    script,
  );
  assertEquals(output.split("\n"), [
    `quad.png PNG 32x16 ${file("quad.png").length} bytes`,
    `quad.jpg JPEG 32x16 ${file("quad.jpg").length} bytes`,
    `lossy.webp WebP 32x16 ${file("lossy.webp").length} bytes`,
    `disposal-2.gif GIF 8x8 ${file("disposal-2.gif").length} bytes 3 frames`,
    "",
  ]);
});
