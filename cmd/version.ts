/** The version, from the one place that states it. */
import project from "../deno.json" with { type: "json" };

/** This program's version, as in `0.1.0`. */
export const VERSION: string = project.version;
