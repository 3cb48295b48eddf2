/** What each scenario sends, as items: messages in memory, files on disk. */
import { join } from "@std/path";
import type { Case } from "../../lib/bench/cases.ts";
import { SCENARIOS } from "../../lib/bench/cases.ts";
import {
  csvText,
  jsonText,
  noise,
  pngBytes,
  prose,
} from "../../lib/bench/contents.ts";
import type { Item } from "../../lib/peer/item.ts";
import { writeAll } from "../../lib/transfer/disk.ts";
import type { Context } from "../context.ts";
import { itemsOf } from "../items.ts";
import type { Reporter } from "../report.ts";

/** Every run sends the same. */
const SEED = 7788;
/** A large file is made of blocks of this size, each different. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const NOTHING = {
  text: undefined,
  data: undefined,
  nameAs: undefined,
  followSymlinks: false,
};

/** The item of a case; a file is made in `dir` when it is not there yet. Throws Failure. */
export async function itemOf(
  { scenario, bytes }: Case,
  dir: string,
  context: Context,
  reporter: Reporter,
): Promise<Item> {
  const { fileName } = SCENARIOS[scenario];
  const [paths, options] = scenario === "message"
    ? [[], { ...NOTHING, text: prose(bytes, SEED) }]
    : scenario === "json"
    ? [[], { ...NOTHING, data: jsonText(bytes, SEED) }]
    : [[await fileOf(scenario, bytes, join(dir, fileName))], {
      ...NOTHING,
      nameAs: fileName,
    }];
  const items = itemsOf(paths, options, context, "send", reporter);
  const [item] = items;
  if (item === undefined) throw new Error("a scenario sends nothing");
  return item;
}

async function fileOf(
  scenario: "csv" | "image" | "file",
  bytes: number,
  path: string,
): Promise<string> {
  const size = await Deno.stat(path).then((info) => info.size, () => undefined);
  if (size === bytes) return path;
  if (scenario === "csv") await Deno.writeTextFile(path, csvText(bytes, SEED));
  else if (scenario === "image") {
    await Deno.writeFile(path, pngBytes(bytes, SEED));
  } else await writeNoise(path, bytes);
  return path;
}

async function writeNoise(path: string, bytes: number): Promise<void> {
  const file = await Deno.create(path);
  try {
    for (let at = 0; at < bytes; at += BLOCK_BYTES) {
      const block = noise(Math.min(BLOCK_BYTES, bytes - at), SEED + at);
      await writeAll(file, block);
    }
  } finally {
    file.close();
  }
}
