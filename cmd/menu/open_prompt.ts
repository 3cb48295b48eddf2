/** A prompt that is open: keys go in, an answer comes out. */
import type { Key } from "../../lib/term/decode.ts";
import type { Prompt, View } from "../../lib/term/prompt.ts";

/** A prompt among others on a stack. */
export interface Open {
  press(key: Key): void;
  view(columns: number, rows: number): View;
  /** What it lists may have changed. */
  refresh(): void;
  /** Closes it: whoever waits for the answer gets the reason. */
  reject(reason: unknown): void;
  /** Letters choose here, so that `i` can open what waits. */
  readonly isList: boolean;
  /** It asks about an offer. */
  readonly isOffer: boolean;
}

/** How a prompt is used. */
export interface PromptUse<T> {
  readonly isList?: boolean;
  readonly isOffer?: boolean;
  /** Told what was typed when it is left without an answer. */
  readonly left?: (draft: string) => void;
  /** The prompt over what it lists now. */
  readonly refreshed?: (now: Prompt<T>) => Prompt<T>;
  /** Closes it when it resolves; the answer is then undefined. */
  readonly until?: Promise<void>;
}

/** What a prompt needs of where it stands. */
export interface PromptHome {
  changed(): void;
  closed(): void;
  /** The paths that begin with what was typed. */
  names(typed: string): Promise<readonly string[]>;
}

/** Opens a prompt; the answer is undefined when it was left. */
export function openPrompt<T>(
  first: Prompt<T>,
  how: PromptUse<T>,
  home: PromptHome,
): { open: Open; answer: Promise<T | undefined> } {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  let prompt = first;
  const leave = () => {
    how.left?.(prompt.draft);
    home.closed();
  };
  const open: Open = {
    isList: how.isList ?? false,
    isOffer: how.isOffer ?? false,
    view: (columns, rows) => prompt.render(columns, rows),
    refresh: () => {
      prompt = how.refreshed?.(prompt) ?? prompt;
    },
    reject: (reason) => {
      leave();
      reject(reason);
    },
    press: (key) => {
      const step = prompt.press(key);
      switch (step.is) {
        case "open":
          prompt = step.prompt;
          return home.changed();
        case "done":
          home.closed();
          return resolve(step.value);
        case "back":
          leave();
          return resolve(undefined);
        case "complete":
          home.names(step.typed).then((names) => {
            prompt = prompt.completed?.(step.typed, names) ?? prompt;
            home.changed();
          });
      }
    },
  };
  how.until?.then(() => {
    home.closed();
    resolve(undefined);
  });
  return { open, answer: promise };
}
