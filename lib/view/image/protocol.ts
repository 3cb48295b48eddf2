// @core
/** Which ways of drawing a terminal understands, as far as its environment says. */

/** The ways of drawing, best first. */
export const PROTOCOLS = [
  "kitty",
  "iterm",
  "sixel",
  "blocks",
  "ascii",
] as const;

/** A way of drawing. */
export type Protocol = typeof PROTOCOLS[number];

/** How many colours a terminal shows: `none` draws ASCII. */
export type Colours = "truecolor" | "256" | "none";

/** Reads an environment variable; undefined when it is not set (empty counts as not set). */
export type Environment = (name: string) => string | undefined;

/** What the environment says. */
export interface EnvironmentHint {
  /** What to draw with unless the terminal, asked, can do better. */
  readonly protocol: Protocol;
  /** Whether the terminal need not be asked for a protocol. */
  readonly certain: boolean;
  readonly colours: Colours;
  /** Whether tmux or screen sits between the program and the terminal. */
  readonly multiplexed: boolean;
  /** Whether the terminal is at the far end of an SSH connection: it answers later. */
  readonly remote: boolean;
}

/** Terminals that draw 24-bit colours whatever COLORTERM says. */
const TRUECOLOUR_TERM =
  /^(xterm-kitty|xterm-ghostty|alacritty|foot|wezterm|tmux)|-direct$/;
const COLOUR_TERM =
  /^(xterm|rxvt|linux|screen|tmux|konsole|vte|alacritty|foot|wezterm|st|putty|cygwin|mintty|ansi)(?![a-z])|256color/;

/**
 * The protocol and colours the variables of known terminals imply. Inside tmux and screen pictures
 * are blocks, since those pass nothing else on unless set up to.
 */
export function environmentHint(env: Environment): EnvironmentHint {
  const term = env("TERM") ?? "";
  const program = env("TERM_PROGRAM") ?? "";
  const remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"]
    .some((name) => isSet(env, name));
  const multiplexed = isMultiplexed(env, term);
  const colours = coloursOf(env, term, program);
  const sure = (protocol: Protocol): EnvironmentHint => ({
    protocol,
    certain: true,
    colours,
    multiplexed,
    remote,
  });
  if (colours === "none") return sure("ascii");
  if (multiplexed || term === "linux") return sure("blocks");
  if (
    isSet(env, "KITTY_WINDOW_ID") || term === "xterm-kitty" ||
    term === "xterm-ghostty" || program === "ghostty"
  ) return sure("kitty");
  if (
    program === "iTerm.app" || program === "WezTerm" ||
    env("LC_TERMINAL") === "iTerm2"
  ) return sure("iterm");
  if (program === "Apple_Terminal") return sure("blocks");
  return { ...sure("blocks"), certain: false };
}

function isSet(env: Environment, name: string): boolean {
  return (env(name) ?? "") !== "";
}

/** Whether tmux or screen sits between the program and the terminal. */
function isMultiplexed(env: Environment, term: string): boolean {
  return isSet(env, "TMUX") || isSet(env, "STY") ||
    /^(tmux|screen)/.test(term);
}

function coloursOf(env: Environment, term: string, program: string): Colours {
  if (term === "dumb" || term === "") {
    // Windows consoles set no TERM, the Windows Terminal names its session.
    return !isSet(env, "WT_SESSION") ? "none" : "truecolor";
  }
  const declared = env("COLORTERM") ?? "";
  if (/truecolor|24bit/.test(declared) || TRUECOLOUR_TERM.test(term)) {
    return "truecolor";
  }
  if (["iTerm.app", "WezTerm", "ghostty", "vscode"].includes(program)) {
    return "truecolor";
  }
  if (isSet(env, "WT_SESSION") || isSet(env, "TMUX")) {
    return "truecolor";
  }
  return COLOUR_TERM.test(term) ? "256" : "none";
}
