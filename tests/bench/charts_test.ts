/** Scales, charts and the report: what is drawn lies where it belongs, and needs nothing else. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { reportHtml, reportSvg } from "../../lib/bench/report.ts";
import { rowsOf } from "../../lib/bench/sample.ts";
import { curveChart } from "../../lib/chart/lines.ts";
import { logScale } from "../../lib/chart/scale.ts";
import { element, escape, label } from "../../lib/chart/svg.ts";
import { samplesOf } from "./samples.ts";

const ROWS = rowsOf([
  ...samplesOf("message", "hub", 1024, 1, [0.4, 0.5, 0.5, 0.7, 2.1], 0.05),
  ...samplesOf("message", "peer", 1024, 1, [0.6, 0.7, 0.8, 0.9], null),
  ...samplesOf("file", "broadcast", 64 * 1024 * 1024, 3, [480, 490, 510], 100),
]);
const FACTS = [["Machine", "linux <x86_64> & 2 cores"]] as const;
const GOLDEN = new URL("../../testdata/bench/report.svg", import.meta.url);

Deno.test("a scale holds its values between ends of 1, 2 or 5 times a power of ten", () => {
  const value = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(fc.array(value), (values) => {
      const scale = logScale(values, 100, 300);
      for (const end of [scale.from, scale.to]) {
        assert(/^[125](\.0*)?e/.test(end.toExponential()), `${end}`);
      }
      assert(scale.from < scale.to);
      for (const one of values) {
        assert(one >= scale.from && one <= scale.to);
        const at = scale.at(one);
        assert(at >= 100 && at <= 300, `${one} at ${at}`);
      }
      assertEquals(scale.ticks[0]?.value, scale.from);
      assertEquals(scale.ticks.at(-1)?.value, scale.to);
      const places = scale.ticks.map(({ value }) => scale.at(value));
      assertEquals(places, places.toSorted((a, b) => a - b));
    }),
  );
});

Deno.test("a scale keeps order, and gives a factor the same room everywhere", () => {
  const scale = logScale([1, 10_000], 0, 400);
  assertEquals([1, 10, 100, 1000, 10_000].map((v) => Math.round(scale.at(v))), [
    0,
    100,
    200,
    300,
    400,
  ]);
});

Deno.test("markup takes text from anywhere and stays markup", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // deno-lint-ignore no-control-regex
      assert(!/[<>"'\x00-\x08]|&(?!#\d+;)/.test(escape(text)));
    }),
  );
  assertEquals(
    element("text", { x: 1.005, class: 'a"b' }, escape("<&>")),
    '<text x="1" class="a&#34;b">&#60;&#38;&#62;</text>',
  );
  assertStringIncludes(label(0, 0, "</svg>", "soft"), "&#60;/svg&#62;");
});

Deno.test("the report as a picture is the golden one (UPDATE=1 writes it)", async () => {
  const drawn = reportSvg(ROWS, FACTS);
  if (Deno.env.get("UPDATE") === "1") await Deno.writeTextFile(GOLDEN, drawn);
  assertEquals(drawn, await Deno.readTextFile(GOLDEN));
});

Deno.test("nothing is drawn outside the picture, and no figure is missing its number", () => {
  const drawn = reportSvg(ROWS, FACTS);
  const [, width = "0"] = /viewBox="0 0 (\d+)/.exec(drawn) ?? [];
  for (const [, x = ""] of drawn.matchAll(/ (?:x|x1|x2|cx)="([^"]*)"/g)) {
    assert(Number(x) >= 0 && Number(x) <= Number(width), `x=${x}`);
  }
  assert(!/NaN|undefined|Infinity|null/.test(drawn));
});

Deno.test("a report without a single arrival is still a page", () => {
  const [sample] = samplesOf("csv", "peer", 10, 1, [1], null);
  assert(sample !== undefined);
  const rows = rowsOf([{ ...sample, latency: null, failed: "declined" }]);
  for (const drawn of [reportSvg(rows, []), reportHtml(rows, [])]) {
    assert(!/NaN|undefined|Infinity/.test(drawn));
  }
  assertStringIncludes(reportHtml(rows, []), "0 (1 failed)");
});

Deno.test("the page loads nothing from anywhere and says its facts", () => {
  const page = reportHtml(ROWS, FACTS);
  assert(!/(src|href)=|@import|url\(/.test(page));
  assertEquals([...page.matchAll(/https?:\/\/[^"]+/g)].map(([url]) => url), [
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/2000/svg",
  ]);
  assertStringIncludes(page, "linux &#60;x86_64&#62; &#38; 2 cores");
  assertStringIncludes(page, "@media print");
  assertStringIncludes(page, "prefers-color-scheme:dark");
  assertStringIncludes(page, "<td>to 3 peers</td>");
});

Deno.test("curves lie within their chart, and their names cover neither each other nor the axis", () => {
  const value = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
  const curve = fc.array(fc.record({ x: value, y: value }), { minLength: 1 })
    .map((points) => ({
      name: "c",
      points: points.toSorted((a, b) => a.x - b.x),
    }));
  fc.assert(
    fc.property(
      fc.array(curve, { minLength: 1, maxLength: 8 }),
      (curves) => {
        const { markup, width, height } = curveChart({
          title: "t",
          subtitle: "s",
          x: String,
          y: String,
          curves,
        });
        assert(!/NaN|undefined|Infinity/.test(markup));
        for (const [, x, y] of markup.matchAll(/[ML](\S+) (-?[\d.]+)/g)) {
          assert(Number(x) >= 0 && Number(x) <= width);
          assert(Number(y) >= 0 && Number(y) <= height);
        }
        const names = [...markup.matchAll(/y="([^"]+)"[^>]*>c</g)]
          .map(([, y]) => Number(y)).sort((a, b) => a - b);
        assertEquals(names.length, curves.length);
        for (const [at, y] of names.entries()) {
          const above = names[at - 1];
          assert(above === undefined || y - above >= 15.9, `${names}`);
          assert(y > 50 && y < height - 20, `${names}`);
        }
      },
    ),
  );
});
