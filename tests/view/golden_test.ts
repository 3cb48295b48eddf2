/**
 * Every mode on every kind of file against the outputs kept in testdata/view/golden. With
 * UPDATE_GOLDEN=1 they are written anew; read the difference before keeping it.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type Look, look, transcript } from "./harness.ts";

const DATA = fromFileUrl(new URL("../../testdata/view/", import.meta.url));

const on = (date: string, more: object = {}): Look => ({
  dates: { date, tz: "UTC", ...more },
});

const CASES: Record<string, [string, Look][]> = {
  "csv": ["slashes-dmy.csv", "semicolon-bom.csv", "tab.tsv", "pipe.csv"]
    .flatMap((
      file,
    ): [string, Look][] => [[file, { terminal: 60 }], [file, {}]]),
  "csv-quotes": [
    ["quoted.csv", { terminal: 60 }],
    ["quoted.csv", {}],
    ["quoted.csv", { columns: ["text"] }],
    ["quoted.csv", { vertical: true, terminal: 60 }],
    ["stray-quotes.csv", { terminal: 60 }],
    ["stray-quotes.csv", {}],
    ["unclosed-quote.csv", { terminal: 60 }],
    ["unclosed-quote.csv", {}],
  ],
  "csv-ragged": [
    ["ragged.csv", { terminal: 60 }],
    ["ragged.csv", {}],
    ["ragged.csv", { strict: true }],
  ],
  "csv-header": [
    ["headless.csv", { terminal: 60 }],
    ["headless.csv", {}],
    ["headless.csv", { columns: ["c2"] }],
    ["quoted.csv", { header: false, terminal: 60 }],
    ["header-only.csv", { terminal: 60 }],
    ["header-only.csv", {}],
    ["empty.csv", {}],
  ],
  "csv-terminal": [
    ["hostile.csv", { terminal: 60 }],
    ["hostile.csv", {}],
    ["wide.csv", { terminal: 60, color: true }],
    ["wide.csv", { terminal: 20 }],
    ["wide.csv", { terminal: 12 }],
    ["slashes-dmy.csv", { plot: ["amount"], terminal: 50 }],
    ["wide.csv", { plot: ["city"] }],
  ],
  "csv-rows": [
    ["wide.csv", { sort: "people:desc", limit: 2 }],
    ["wide.csv", { sort: "people" }],
    ["wide.csv", { sort: "city", columns: ["people", "city"] }],
    ["slashes-dmy.csv", { sort: "shipped:desc" }],
    ["wide.csv", { where: ["city=Köln"] }],
    ["wide.csv", { where: ["city=Nowhere"] }],
    ["wide.csv", { where: ["country=x"] }],
    ["wide.csv", { where: ["city"] }],
    ["wide.csv", { filter: "^Do" }],
    ["wide.csv", { filter: "(" }],
    ["wide.csv", { limit: 1 }],
    ["wide.csv", { limit: 0 }],
    ["wide.csv", { schema: true }],
    ["semicolon-bom.csv", { schema: true, terminal: 60 }],
    ["slashes-dmy.csv", { stats: true }],
    ["slashes-dmy.csv", { stats: true, terminal: 90 }],
    ["tab.tsv", { delimiter: "none at all" }],
    ["tab.tsv", { delimiter: "," }],
  ],
  "csv-dates": [
    ["slashes-dmy.csv", on("2024-04")],
    ["slashes-dmy.csv", on("2024-04", { includeUndated: true })],
    ["slashes-dmy.csv", on("2024-05", { field: "SHIPPED" })],
    ["slashes-dmy.csv", on("2024-05", { field: "sent" })],
    ["slashes-mdy.csv", { dates: { from: "2024-04-14", tz: "UTC" } }],
    ["slashes-mdy.csv", { dates: { to: "2024-04-13", tz: "UTC" } }],
    ["slashes-undecidable.csv", on("2024-04")],
    ["slashes-undecidable.csv", on("2024-04", { order: "dmy" })],
    ["slashes-undecidable.csv", on("2024-04", { order: "mdy" })],
    ["slashes-contradictory.csv", on("2024-04")],
    ["dates.csv", on("2024-05-01")],
    ["dates.csv", on("2024-05-02", { includeUndated: true })],
    ["semicolon-bom.csv", on("2024-05-02")],
    ["semicolon-bom.csv", on("2024-05-02", { recordsAt: "x" })],
    ["semicolon-bom.csv", on("2024-05-02", { field: "name" })],
    ["semicolon-bom.csv", { ...on("1999"), failEmpty: true }],
    ["semicolon-bom.csv", on("1999")],
    ["header-only.csv", on("2024-05-02")],
    ["wide.csv", on("2024")],
  ],
  "json": [
    ["tokens.json", {}],
    ["tokens.json", { compact: true }],
    ["tokens.json", { terminal: 60, color: true }],
    ["tokens.json", { depth: 1 }],
    ["tokens.json", { depth: 0 }],
    ["tokens.json", { depth: 2, terminal: 60 }],
    ["tokens.json", { path: "deep.a.b[1][1]" }],
    ["tokens.json", { path: "same" }],
    ["tokens.json", { path: "deep.x" }],
    ["tokens.json", { path: "deep..x" }],
    ["tokens.json", { paths: true }],
    ["tokens.json", { paths: true, terminal: 60 }],
    ["wrapped.json", { stats: true, terminal: 60 }],
    ["tokens.json", { stats: true, path: "deep.a" }],
    ["wrapped.json", { stats: true, ...on("2024-05-03") }],
  ],
  "json-broken": [
    ["cut.json", {}],
    ["broken.json", {}],
    ["broken.json", { terminal: 60, color: true }],
    ["empty.json", {}],
    ["cut.ndjson", {}],
    ["zones.ndjson", { type: "json" }],
  ],
  "json-dates": [
    ["dates.json", { ...on("2024-05-01"), compact: true }],
    ["dates.json", { ...on("2024-05-01T10"), compact: true }],
    ["dates.json", {
      ...on("2024-05-02", { includeUndated: true }),
      compact: true,
    }],
    ["wrapped.json", on("2024-05-02")],
    ["wrapped.json", {
      ...on("2024-05-02", { tz: "Europe/Berlin" }),
      compact: true,
    }],
    ["wrapped.json", { ...on("2024-05-02", { tz: "written" }), compact: true }],
    ["wrapped.json", {
      ...on("2024-06", { field: "updated_at" }),
      compact: true,
    }],
    ["wrapped.json", {
      ...on("2024-05-02", { recordsAt: "data.items" }),
      compact: true,
    }],
    ["wrapped.json", { ...on("2024-05-02"), path: "data", compact: true }],
    ["wrapped.json", on("2024-05-02", { recordsAt: "nowhere" })],
    ["wrapped.json", on("2024-05-02", { field: "nothing" })],
    ["wrapped.json", { ...on("1999"), compact: true }],
    ["keyed.json", { ...on("2024-05"), compact: true }],
    ["keyed.json", { ...on("1999"), compact: true }],
    ["lone.json", { ...on("2024"), compact: true }],
    ["lone.json", on("1999")],
    ["dateless.json", on("2024")],
  ],
  "ndjson-dates": [
    ["epoch-s.ndjson", on("2024-05-02")],
    ["epoch-ms.ndjson", on("2024-05-02")],
    ["epoch-us.ndjson", on("2024-05-02")],
    ["epoch-ns.ndjson", on("2024-05-02")],
    ["epoch-ms.ndjson", on("2024-05-02", { epoch: "s" })],
    ["zones.ndjson", on("2024-05-02")],
    ["zones.ndjson", on("2024-05-02", { tz: "local" })],
    ["zones.ndjson", on("2024-05-02", { tz: "written" })],
    ["zones.ndjson", on("2024-05-02", { tz: "America/New_York" })],
    ["zones.ndjson", on("2024-05-02", { includeUndated: true })],
    ["zones.ndjson", on("1999")],
    ["zones.ndjson", { ...on("2024-05-03"), terminal: 60 }],
    ["zones.ndjson", { path: "meta.at" }],
    ["zones.ndjson", { compact: true, limit: 2, terminal: 80, color: true }],
    ["zones.ndjson", { paths: true }],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  Deno.test(`golden outputs: ${name}`, async () => {
    let text = "";
    for (const [file, options] of cases) {
      const bytes = await Deno.readFile(DATA + file);
      const seen = await look(bytes, file, options);
      text += `=== ${file} ${JSON.stringify(options)}\n${transcript(seen)}\n`;
    }
    const golden = `${DATA}golden/${name}.txt`;
    if (Deno.env.get("UPDATE_GOLDEN") === "1") {
      await Deno.mkdir(`${DATA}golden`, { recursive: true });
      await Deno.writeTextFile(golden, text);
    }
    assertEquals(text, await Deno.readTextFile(golden));
  });
}

Deno.test("golden outputs are the same however the bytes are cut, from a file or a pipe", async () => {
  for (const cases of Object.values(CASES)) {
    for (const [file, options] of cases) {
      const bytes = await Deno.readFile(DATA + file);
      const whole = transcript(await look(bytes, file, options));
      for (const piece of [1, 2, 3, 7]) {
        const cut = { ...options, piece, once: piece !== 2 };
        const seen = transcript(await look(bytes, file, cut));
        // Of a broken document, more or less was shown by the time it showed.
        if (whole.includes("as JSON:") || whole.includes("as CSV:")) {
          const error = (text: string) =>
            text.slice(text.indexOf("error (exit")).split("\n")[0];
          assertEquals(error(seen), error(whole));
        } else assertEquals(seen, whole, `${file} in pieces of ${piece}`);
      }
    }
  }
});
