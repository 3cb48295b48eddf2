/** How a command of the menu finds the same hub, said in as few words as do. */
import { type Address, formatAddress } from "../../lib/net/address.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { defaultHub } from "../hub_choice.ts";
import { readConfig } from "../settings.ts";
import { option } from "./command_line.ts";

/** A hub a menu stands at. */
export interface MenuHub {
  readonly address: Address;
  /** It speaks plain TCP. */
  readonly insecure: boolean;
}

/** Gives the arguments that lead to a hub: none while a command would go there by itself. */
export async function hubArguments(
  { address, insecure }: MenuHub,
  context: Context,
  globals: Globals,
): Promise<() => readonly string[]> {
  const config = await readConfig(globals.config, context);
  // Somebody has said which hub is meant: then it is always named.
  const filed = JSON.stringify(config?.values ?? {});
  const said = Boolean(context.env("FERRY_HUB")) ||
    Boolean(context.env("FERRY_TICKET")) || filed.includes('"hub"');
  const plain = insecure && !isOn(context.env("FERRY_INSECURE")) &&
      !filed.includes('"insecure"')
    ? ["--insecure"]
    : [];
  const named = globals.config;
  const settings = named === undefined || named === context.env("FERRY_CONFIG")
    ? []
    : option("config", named);
  return () => [
    ...settings,
    ...plain,
    ...(said || !isDefault(address, context)
      ? option("hub", formatAddress(address))
      : []),
  ];
}

function isOn(text = ""): boolean {
  return /^(1|true)$/i.test(text);
}

function isDefault({ host, port }: Address, context: Context): boolean {
  try {
    const standard = defaultHub(context);
    return standard?.host === host && standard.port === port;
  } catch {
    return false;
  }
}
