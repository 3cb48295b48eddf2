// @core
/** Where Ferry keeps its settings and its state, from the system and the environment alone. */

/** The systems whose conventions differ; every other one follows `linux`. */
export type SystemName = "linux" | "darwin" | "windows";

type Env = (name: string) => string | undefined;

/** Ferry's own folder for settings, or `undefined` when the environment names no home. */
export function configDirectory(os: SystemName, env: Env): string | undefined {
  return directory(os, env, "XDG_CONFIG_HOME", {
    linux: ["HOME", "/.config/ferry"],
    darwin: ["HOME", "/Library/Application Support/ferry"],
    windows: ["APPDATA", "\\ferry"],
  });
}

/** Ferry's own folder for identity, joined hubs, ledger and spool; `undefined` as above. */
export function stateDirectory(os: SystemName, env: Env): string | undefined {
  return directory(os, env, "XDG_STATE_HOME", {
    linux: ["HOME", "/.local/state/ferry"],
    darwin: ["HOME", "/Library/Application Support/ferry"],
    windows: ["APPDATA", "\\ferry"],
  });
}

/** The user's own folder, or `undefined` when the environment names none. */
export function homeDirectory(os: SystemName, env: Env): string | undefined {
  return env(os === "windows" ? "USERPROFILE" : "HOME") || undefined;
}

/** The XDG variables win on every system: who sets them means them. Relative ones are void by the XDG rules. */
function directory(
  os: SystemName,
  env: Env,
  xdg: string,
  byConvention: Record<SystemName, readonly [variable: string, below: string]>,
): string | undefined {
  const separator = os === "windows" ? "\\" : "/";
  const chosen = env(xdg);
  if (chosen !== undefined && isAbsolute(os, chosen)) {
    return `${chosen.replace(/[\\/]+$/, "")}${separator}ferry`;
  }
  const [variable, below] = byConvention[os];
  const base = env(variable);
  return base ? `${base.replace(/[\\/]+$/, "")}${below}` : undefined;
}

function isAbsolute(os: SystemName, path: string): boolean {
  return os === "windows"
    ? /^([a-z]:[\\/]|[\\/]{2})/i.test(path)
    : path.startsWith("/");
}
