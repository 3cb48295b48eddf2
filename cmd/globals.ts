/** The options every command takes. */
import { choice, duration, flag, text, type Values } from "./option.ts";

/** Declared once; help, environment variables and config keys derive from it. */
export const GLOBALS = {
  help: flag("Show help and exit", { short: "h", commandLineOnly: true }),
  version: flag("Show the version and exit", { commandLineOnly: true }),
  quiet: flag("Print data and errors only", { short: "q" }),
  verbose: flag("Print every step, and stack traces", { short: "v" }),
  json: flag("Print events as JSON, one object a line"),
  noInput: flag("Never ask; a missing value is an error"),
  accessible: flag("Ask in numbered lists and plain lines, drawing nothing"),
  color: choice(["auto", "always", "never"], "When to use colours", {
    default: "auto",
  }),
  progress: choice(["auto", "bar", "plain", "none"], "How to show progress", {
    default: "auto",
  }),
  timeout: duration("DURATION", "Give the whole command this long"),
  connectTimeout: duration("DURATION", "Wait for the hub to answer", {
    default: "10s",
  }),
  acceptTimeout: duration("DURATION", "Wait for a recipient to accept", {
    default: "60s",
  }),
  idleTimeout: duration("DURATION", "Wait while no byte moves", {
    default: "30s",
  }),
  config: text("FILE", "Read settings from this file"),
} as const;

/** The values of the global options. */
export type Globals = Values<typeof GLOBALS>;
