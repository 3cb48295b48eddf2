/** Small decoders of what Ferry writes to terminals, back to pixels. They share no code with it. */
import { assert, assertEquals } from "@std/assert";
import decodePng, { init } from "@jsquash/png/decode.js";
import { blank, type Picture } from "../../lib/view/image/picture.ts";

const ESC = "\x1b";

/** The keys of the first kitty sequence and the picture all of them carry. */
export async function readKitty(
  text: string,
): Promise<{ keys: Record<string, string>; picture: Picture; rest: string }> {
  const keys: Record<string, string> = {};
  let base64 = "";
  let rest = "";
  let more = true;
  for (let at = 0; at < text.length;) {
    if (!text.startsWith(`${ESC}_G`, at)) {
      rest += text[at++];
      continue;
    }
    assert(more, "a chunk follows the last one");
    const end = text.indexOf(`${ESC}\\`, at);
    const [control = "", payload = ""] = text.slice(at + 3, end).split(";");
    assert(payload.length <= 4096, "a chunk is too long");
    const own = Object.fromEntries(
      control.split(",").map((pair) => pair.split("=", 2)),
    );
    more = own.m === "1";
    assert(!more || payload.length % 4 === 0, "a chunk splits base64");
    assertEquals(own.q, "2");
    for (const [key, value] of Object.entries(own)) keys[key] ??= String(value);
    base64 += payload;
    at = end + 2;
  }
  assert(!more, "the last chunk is missing");
  const raw = await inflate(Uint8Array.fromBase64(base64));
  const picture = blank(Number(keys.s), Number(keys.v));
  const channels = Number(keys.f) / 8;
  assertEquals(raw.length, picture.width * picture.height * channels);
  for (let i = 0; i < picture.width * picture.height; i++) {
    for (let c = 0; c < 4; c++) {
      picture.data[i * 4 + c] = c < channels ? raw[i * channels + c]! : 255;
    }
  }
  return { keys, picture, rest };
}

/** The keys of an iTerm2 sequence and the picture of the file in it. */
export async function readIterm(
  text: string,
): Promise<{ keys: Record<string, string>; picture: Picture; rest: string }> {
  const start = text.indexOf(`${ESC}]1337;File=`);
  const colon = text.indexOf(":", start);
  const end = text.indexOf("\x07", start);
  assert(start !== -1 && colon !== -1 && end !== -1, "no iTerm2 sequence");
  const keys = Object.fromEntries(
    text.slice(start + 12, colon).split(";").map((pair) => pair.split("=", 2)),
  );
  const png = Uint8Array.fromBase64(text.slice(colon + 1, end));
  assertEquals(keys.size, String(png.length));
  return {
    keys,
    picture: await readPng(png),
    rest: text.slice(0, start) + text.slice(end + 1),
  };
}

/** Any PNG file, by a decoder that is not Ferry's own. */
export async function readPng(png: Uint8Array): Promise<Picture> {
  await init(
    await Deno.readFile(
      new URL(
        import.meta.resolve("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
      ),
    ),
  );
  const { width, height, data } = await decodePng(png.slice().buffer);
  return { width, height, data: new Uint8Array(data) };
}

/** A sixel picture; dots that are never drawn stay transparent. */
export function readSixel(text: string): Picture {
  const start = text.indexOf(`${ESC}P`);
  const end = text.indexOf(`${ESC}\\`, start);
  const body = text.slice(text.indexOf("q", start) + 1, end);
  const palette = new Map<number, number[]>();
  let picture = blank(0, 0);
  let colour: number[] = [];
  let x = 0;
  let top = 0;
  const token = /"([\d;]+)|#([\d;]+)|!(\d+)(.)|([?-~])|(\$)|(-)/gy;
  for (let at = 0; at < body.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(body);
    assert(found !== null, `not sixel: ${body.slice(at, at + 10)}`);
    const [, raster, register, count, repeated, single, back, next] = found;
    if (raster !== undefined) {
      const [, , width = 0, height = 0] = raster.split(";").map(Number);
      picture = blank(width, height);
    } else if (register !== undefined) {
      const [number = -1, space, ...channels] = register.split(";").map(Number);
      if (space !== undefined) {
        assertEquals(space, 2);
        palette.set(number, channels.map((c) => Math.round(c * 255 / 100)));
      }
      colour = palette.get(number) ?? [];
      assertEquals(colour.length, 3);
    } else if (back !== undefined) x = 0;
    else if (next !== undefined) {
      x = 0;
      top += 6;
    } else {
      const bits = (repeated ?? single ?? "?").charCodeAt(0) - 63;
      for (let n = Number(count ?? 1); n > 0; n--, x++) {
        for (let y = 0; y < 6; y++) {
          if ((bits >> y & 1) === 0) continue;
          assert(x < picture.width && top + y < picture.height, "off the edge");
          const to = ((top + y) * picture.width + x) * 4;
          picture.data.set([...colour, 255], to);
        }
      }
    }
  }
  return picture;
}

/** Lines of half blocks in true colour; dots in the terminal's own background are transparent. */
export function readBlocks(lines: readonly string[], width: number): Picture {
  const picture = blank(width, lines.length * 2);
  lines.forEach((line, row) => {
    let front = [0, 0, 0, 0];
    let back = [0, 0, 0, 0];
    let x = 0;
    for (let at = 0; at < line.length;) {
      if (line[at] === ESC) {
        const end = line.indexOf("m", at);
        const codes = line.slice(at + 2, end).split(";").map(Number);
        while (codes.length > 0) {
          const code = codes.shift();
          if (code === 0) front = back = [0, 0, 0, 0];
          else if (code === 49) back = [0, 0, 0, 0];
          else {
            assertEquals(codes.shift(), 2);
            const colour = [...codes.splice(0, 3), 255];
            if (code === 38) front = colour;
            else if (code === 48) back = colour;
            else assert(false, `unknown code ${code}`);
          }
        }
        at = end + 1;
        continue;
      }
      const glyph = line[at++];
      assert(glyph === "▀" || glyph === "▄" || glyph === " ", `glyph ${glyph}`);
      const upper = (row * 2 * width + x) * 4;
      picture.data.set(glyph === "▀" ? front : back, upper);
      picture.data.set(glyph === "▄" ? front : back, upper + width * 4);
      x++;
    }
    assert(x <= width, "a line is too long");
  });
  return picture;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
