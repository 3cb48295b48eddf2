/**
 * The commands. A row loads its module only when the command runs or its help is asked for, so that
 * `ferry --help` starts fast. Adding a command is one file here and one row.
 */
import type { Row } from "./command.ts";

/** In the order help lists them; rows of one group stand together. */
export const TABLE: readonly Row[] = [
  {
    name: "help",
    summary: "Explain a command or a topic",
    group: "About",
    load: () => import("./help.ts"),
  },
];
