/** How a command of the menu finds the same hub, said in as few words as do. */
import { type Address, formatAddress } from "../../lib/net/address.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { chooseHub } from "../hub_choice.ts";
import { readConfig } from "../settings.ts";
import { option } from "./command_line.ts";

/** Gives the arguments that lead to `address`: none while a command would go there by itself. */
export async function hubArguments(
  address: Address,
  context: Context,
  globals: Globals,
): Promise<() => readonly string[]> {
  const config = await readConfig(globals.config, context);
  // Somebody has said which hub is meant: then it is always named.
  const said = Boolean(context.env("FERRY_HUB")) ||
    JSON.stringify(config?.values ?? {}).includes('"hub"');
  const named = globals.config;
  const settings = named === undefined || named === context.env("FERRY_CONFIG")
    ? []
    : option("config", named);
  return () => [
    ...settings,
    ...(said || !isDefault(address, context)
      ? option("hub", formatAddress(address))
      : []),
  ];
}

function isDefault({ host, port }: Address, context: Context): boolean {
  try {
    const standard = chooseHub(undefined, context);
    return standard.host === host && standard.port === port;
  } catch {
    return false;
  }
}
