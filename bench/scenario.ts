/** What a scenario of the benchmark is. */
import type { Stage } from "./stage.ts";

/** Ways to do the same, by name: each gives the milliseconds it took. One of them is `ferry`. */
export type Contenders = Record<string, () => Promise<number>>;

/** One comparison. */
export interface Scenario {
  readonly title: string;
  /** Bytes that arrive, over all recipients; 0 where only time counts. */
  readonly bytes: number;
  /** Ferry divided by each other contender should reach this; what the project aims at. */
  readonly aim: string;
  /** Files lie on a disk, where making them durable takes its time; else in memory where possible. */
  readonly disk?: boolean;
  run(stage: Stage, note: (line: string) => void): Promise<Contenders>;
}
