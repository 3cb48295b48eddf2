// @core
/** How charts look: one palette for paper and daylight, one for the dark. */

const LIGHT =
  "--paper:#ffffff;--ink:#1d2430;--soft:#5b6575;--grid:#e3e7ed;--ferry:#2563c9;--fill:#a9c6f5;--bare:#8a6d1f;" +
  "--queue:#7a5fc0;--offer:#c2528b;--transfer:#2f7fd6;--verify:#1f9a7a;--ack:#d08a1d";
const DARK =
  "--paper:#151a21;--ink:#e6eaf0;--soft:#9aa6b6;--grid:#2b333e;--ferry:#7db0ff;--fill:#2f5792;--bare:#e0bd5c;" +
  "--queue:#a991ea;--offer:#e583b4;--transfer:#62a5f0;--verify:#4cc3a2;--ack:#eeb04e";

/** Style rules for `svg.chart`; colours follow the reader's system, and are those of paper when printed. */
export const CHART_STYLE = [
  `:root{${LIGHT};color-scheme:light dark}`,
  `@media (prefers-color-scheme:dark){:root{${DARK}}}`,
  `@media print{:root{${LIGHT};color-scheme:light}}`,
  `.chart{background:var(--paper);font:13px system-ui,"Segoe UI","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}`,
  `.chart text{fill:var(--ink)}`,
  `.chart .title{font-size:17px;font-weight:600}`,
  `.chart .soft,.chart .tick{fill:var(--soft);font-size:12px}`,
  `.chart .strong{font-weight:600}`,
  `.chart .grid{stroke:var(--grid);stroke-width:1}`,
  `.chart .minor{stroke:var(--grid);stroke-width:.5;stroke-dasharray:2 3}`,
  `.chart .rule{stroke:var(--grid);stroke-width:1}`,
  `.chart .bin{fill:var(--fill)}`,
  `.chart .p50{fill:var(--ferry);stroke:var(--paper);stroke-width:1}`,
  `.chart .p95{stroke:var(--ferry);stroke-width:2.5}`,
  `.chart .p99{stroke:var(--ferry);stroke-width:1.5;stroke-dasharray:3 2}`,
  `.chart .bare{fill:var(--paper);stroke:var(--bare);stroke-width:2}`,
  `.chart .gap{stroke:var(--soft);stroke-width:1.5;opacity:.6}`,
  ...["queue", "offer", "transfer", "verify", "ack"].map((part) =>
    `.chart .${part}{fill:var(--${part})}`
  ),
  `.chart .on{fill:#ffffff;font-size:11px}`,
  `@media (prefers-color-scheme:dark){.chart .on{fill:#10151b}}`,
  `@media print{.chart .on{fill:#ffffff}}`,
  ...["ferry", "verify", "offer", "ack", "queue"].map((color, at) =>
    `.chart .line-${at}{stroke:var(--${color});fill:none;stroke-width:2}` +
    `.chart .dot-${at}{fill:var(--${color})}`
  ),
  `.chart .line-reference{stroke:var(--bare);fill:none;stroke-width:1.5;stroke-dasharray:5 4}`,
  `.chart .dot-reference{fill:var(--bare)}`,
].join("\n");
