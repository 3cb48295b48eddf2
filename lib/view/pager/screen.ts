// @core
/** The pager as the rows of a screen. */
import { safe } from "../../text/safe.ts";
import { sliceStyled } from "../../text/styled.ts";
import { body, given, type Pager } from "./pager.ts";

/** The screen: as many lines as it has rows, the last one the status. Not wider than the screen. */
export function renderPager(pager: Pager, color: boolean): string[] {
  const rows: string[] = [];
  const first = pager.top - pager.dropped;
  for (let i = 0; i < body(pager); i++) {
    const line = pager.lines[first + i];
    rows.push(
      line === undefined
        ? (pager.complete ? "~" : "")
        : sliceStyled(line, pager.shift, pager.columns),
    );
  }
  const status = sliceStyled(statusOf(pager), 0, pager.columns);
  rows.push(color ? `\x1b[7m${status}\x1b[0m` : status);
  return rows;
}

function statusOf(pager: Pager): string {
  if (pager.typing !== undefined) return `/${safe(pager.typing)}`;
  if (pager.message !== "") return safe(pager.message);
  const bottom = Math.min(given(pager), pager.top + body(pager));
  const total = pager.complete ? `${given(pager)}` : `${given(pager)}+`;
  const end = pager.complete && bottom === given(pager) ? " (end)" : "";
  return `${pager.top + 1}-${bottom} of ${total}${end}  ` +
    "space b arrows g G /search n q";
}
