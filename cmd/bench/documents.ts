/** The files `ferry bench` writes: the single measurements, the log, and the report. */
import { dirname, resolve } from "@std/path";
import { samplesCsv } from "../../lib/bench/csv.ts";
import type { Facts } from "../../lib/bench/report.ts";
import type { Row } from "../../lib/bench/sample.ts";
import { Failure } from "../../lib/failure.ts";
import { writeFailure } from "../../lib/transfer/disk.ts";
import type { Context } from "../context.ts";

/** What was asked for. */
export interface DocumentOptions {
  readonly report: string | undefined;
  readonly samples: string | undefined;
  readonly log: string | undefined;
}

/** Where to write; checked before anything is measured. */
export class Documents {
  readonly #options: DocumentOptions;
  readonly #context: Context;

  /** Throws Failure: `usage` for a report of another kind, `output` where there is no directory. */
  constructor(options: DocumentOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    const { report, samples, log } = options;
    if (report !== undefined && !/\.(html?|svg)$/i.test(report)) {
      throw new Failure(
        "usage",
        `Cannot write ${report}: a report is a page or a picture`,
        { hint: "end its name in .html or .svg" },
      );
    }
    for (const path of [report, samples, log]) {
      if (path !== undefined) this.#assertDirectory(path);
    }
  }

  /** Writes what was asked for; `logged` are lines. Throws Failure `output`. */
  async write(
    rows: readonly Row[],
    facts: Facts,
    logged: readonly string[] = [],
  ): Promise<void> {
    const { report, samples, log } = this.#options;
    if (samples !== undefined) {
      const all = rows.flatMap((row) => row.samples);
      await this.#write(samples, samplesCsv(all));
    }
    if (log !== undefined) await this.#write(log, logged.join(""));
    if (report === undefined) return;
    const { reportHtml, reportSvg } = await import(
      "../../lib/bench/report.ts"
    );
    const draw = /\.svg$/i.test(report) ? reportSvg : reportHtml;
    await this.#write(report, draw(rows, facts));
  }

  #assertDirectory(path: string): void {
    try {
      if (Deno.statSync(dirname(this.#at(path))).isDirectory) return;
    } catch {
      // Said below.
    }
    throw new Failure("output", `Cannot write ${path}: no such directory`);
  }

  async #write(path: string, content: string): Promise<void> {
    try {
      await Deno.writeTextFile(this.#at(path), content);
    } catch (cause) {
      const { code, message } = writeFailure(cause);
      throw new Failure(code, `Cannot write ${path}: ${message}`, { cause });
    }
  }

  #at(path: string): string {
    return resolve(this.#context.cwd(), path);
  }
}
