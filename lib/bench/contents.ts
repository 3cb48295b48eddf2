// @core
/**
 * What is sent: contents like those people send, of any size to the byte, the same in every run.
 */
import { chunk, filtered, pngFile } from "../view/image/png_file.ts";

/** Numbers that look like chance and are the same for the same seed: xorshift32 (Marsaglia, 2003). */
function* chanceOf(seed: number): Generator<number, never> {
  let state = seed >>> 0 || 1;
  while (true) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** Bytes that do not compress. `seed` tells blocks apart. */
export function noise(bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  const chance = chanceOf(seed);
  for (let at = 0; at < words.length; at++) words[at] = chance.next().value;
  return new Uint8Array(words.buffer, 0, bytes);
}

const WORDS =
  "the build is green again and the new sensors at north harbour report every minute lunch at noon please check the numbers before the ferry leaves"
    .split(" ");

/** Prose of exactly so many characters, all ASCII. */
export function prose(bytes: number, seed: number): string {
  const chance = chanceOf(seed);
  let text = "";
  while (text.length < bytes) {
    text += `${WORDS[chance.next().value % WORDS.length]} `;
  }
  return text.slice(0, bytes);
}

/** A JSON document of exactly so many bytes, at least 1: orders with items, dates and amounts. */
export function jsonText(bytes: number, seed: number): string {
  const chance = chanceOf(seed);
  const head = '{"orders":[';
  const tail = (pad: number) => `],"note":"${" ".repeat(pad)}"}`;
  const shortest = head.length + tail(0).length;
  if (bytes < shortest) {
    return bytes < 2 ? "0" : `"${prose(bytes - 2, seed)}"`;
  }
  let body = "";
  for (let id = 1;; id++) {
    const order = JSON.stringify({
      id,
      created_at: dateOf(id),
      customer: WORDS[chance.next().value % WORDS.length],
      items: [{ sku: `F-${chance.next().value % 1000}`, quantity: id % 7 + 1 }],
      total: chance.next().value % 100_000 / 100,
    });
    const next = body === "" ? order : `${body},${order}`;
    if (shortest + next.length > bytes) break;
    body = next;
  }
  return head + body + tail(bytes - shortest - body.length);
}

/** A CSV file of exactly so many bytes: readings of sensors over time. */
export function csvText(bytes: number, seed: number): string {
  const chance = chanceOf(seed);
  const rows = ["time,station,celsius,humidity,note"];
  let length = (rows[0]?.length ?? 0) + 1;
  for (let n = 0;; n++) {
    const celsius = (chance.next().value % 400 / 10 - 10).toFixed(1);
    const row = `${dateOf(n)},st-${n % 40},${celsius},${
      chance.next().value % 100
    },`;
    if (length + row.length + 1 > bytes) break;
    rows.push(row);
    length += row.length + 1;
  }
  // The last note takes what is left.
  return `${rows.join("\n")}${" ".repeat(Math.max(bytes - length, 0))}\n`
    .slice(-bytes);
}

function dateOf(n: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `2026-${two(n % 12 + 1)}-${two(n % 28 + 1)}T${two(n % 24)}:${
    two(n % 60)
  }:00Z`;
}

/** Below this a picture is nothing but its headers. */
const SMALLEST_PNG = 128;
const COMMENT = "Comment\0";
const STORED_MAX = 65_535;

/** A PNG of exactly so many bytes that does not compress further; noise where a PNG needs more room. */
export function pngBytes(bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  if (bytes < SMALLEST_PNG) return noise(bytes, seed);
  // A comment takes up what whole lines leave over.
  const room = bytes - 57 - 12 - COMMENT.length - 6;
  const pixels = room / (1 + 5 / STORED_MAX) / 3;
  const width = Math.max(Math.floor(Math.sqrt(pixels * 4 / 3)) - 1, 1);
  const height = Math.max(
    Math.floor(
      (room - 5 * Math.ceil(room / STORED_MAX)) / (width * 3 + 1),
    ),
    1,
  );
  const lines = new Uint8Array(width * height * 3);
  const grain = noise(lines.length, seed);
  for (let at = 0; at < lines.length; at++) {
    const x = Math.floor(at / 3) % width;
    const y = Math.floor(at / 3 / width);
    const slope = at % 3 === 0 ? x / width : at % 3 === 1 ? y / height : 0.5;
    lines[at] = slope * 200 + (grain[at] ?? 0) % 48;
  }
  const scan = filtered({ bytes: lines, channels: 3 }, width, height);
  const picture = pngFile(width, height, 3, stored(scan));
  const comment = new Uint8Array(bytes - picture.length - 12).fill(0x20);
  new TextEncoder().encodeInto(COMMENT, comment);
  const end = picture.subarray(-12);
  const file = new Uint8Array(bytes);
  file.set(picture.subarray(0, -12));
  file.set(chunk("tEXt", comment), picture.length - 12);
  file.set(end, bytes - 12);
  return file;
}

/** Bytes as a zlib stream without compression (RFC 1950, RFC 1951 section 3.2.4). */
function stored(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(Math.ceil(bytes.length / STORED_MAX), 1);
  const out = new Uint8Array(2 + blocks * 5 + bytes.length + 4);
  const view = new DataView(out.buffer);
  out.set([0x78, 0x01]);
  let to = 2;
  for (let at = 0, n = 1; n <= blocks; n++, at += STORED_MAX) {
    const block = bytes.subarray(at, at + STORED_MAX);
    out[to] = n === blocks ? 1 : 0;
    view.setUint16(to + 1, block.length, true);
    view.setUint16(to + 3, ~block.length & 0xffff, true);
    out.set(block, to + 5);
    to += 5 + block.length;
  }
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  view.setUint32(to, b * 65_536 + a);
  return out;
}
