// @core
/** Small SVG: text in, text out. Everything from outside passes `escape`. */

/** Attributes of an element; numbers are rounded to hundredths. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Text as it may stand in markup and in attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]/g, "\ufffd");
}

/** An element around markup that is already safe. */
export function element(
  name: string,
  attributes: Attributes,
  ...inside: readonly string[]
): string {
  const said = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${
      typeof value === "number"
        ? String(Math.round(value * 100) / 100)
        : escape(value)
    }"`
  ).join("");
  return inside.length === 0
    ? `<${name}${said}/>`
    : `<${name}${said}>${inside.join("")}</${name}>`;
}

/** Text at a place; `anchor` is which end of it stands there. */
export function label(
  x: number,
  y: number,
  text: string,
  style: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return element(
    "text",
    { x, y, class: style, "text-anchor": anchor },
    escape(text),
  );
}

/** A straight line. */
export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  style: string,
): string {
  return element("line", { x1, y1, x2, y2, class: style });
}

/** A drawing and its size in pixels, with its origin at the top left. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly markup: string;
}

/** Drawings below one another, `gap` pixels apart. */
export function stack(drawings: readonly Drawing[], gap: number): Drawing {
  let y = 0;
  const placed = drawings.map(({ height, markup }) => {
    const group = element("g", { transform: `translate(0 ${y})` }, markup);
    y += height + gap;
    return group;
  });
  return {
    width: Math.max(...drawings.map(({ width }) => width), 0),
    height: Math.max(y - gap, 0),
    markup: placed.join("\n"),
  };
}

/** A drawing as an SVG element; `title` is read out where it cannot be seen. */
export function svg(drawing: Drawing, title: string): string {
  const { width, height, markup } = drawing;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      class: "chart",
    },
    element("title", {}, escape(title)),
    markup,
  );
}
