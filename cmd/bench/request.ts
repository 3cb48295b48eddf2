/** What a run of `ferry bench` is to measure, and in what surroundings. */
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import type { HubOptions } from "../hub_choice.ts";
import type { Reporter } from "../report.ts";

/** What was asked for. */
export interface Request {
  readonly words: readonly string[];
  readonly options: {
    readonly to: string | undefined;
    readonly repeat: number | undefined;
    readonly size: number | undefined;
    readonly peers: number | undefined;
    readonly bare: string | undefined;
    readonly receiptTimeout: number;
    readonly name: string | undefined;
  } & HubOptions;
  readonly context: Context;
  readonly globals: Globals;
  readonly reporter: Reporter;
}
