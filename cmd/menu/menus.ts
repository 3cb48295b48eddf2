/** The menu of a client and the menu of a hub: their items, as they are numbered. */
import type { Entry } from "./desk.ts";
import { getItem } from "./get.ts";
import {
  disconnectItem,
  helpItem,
  latencyItem,
  peersItem,
  settingsItem,
  transfersItem,
} from "./places.ts";
import { receivedItem } from "./received.ts";
import { broadcastItem, sendItem } from "./send.ts";
import { viewItem } from "./view.ts";

const quit = () => Promise.resolve("quit" as const);

/** The menu of a peer. */
export const CLIENT_MENU: readonly Entry[] = [
  { label: "Send a file or data", act: (desk) => sendItem(desk, true) },
  { label: "Broadcast", act: broadcastItem },
  { label: "Received files", act: receivedItem },
  {
    label: "Get a file from the hub",
    act: getItem,
  },
  { label: "View a file", act: viewItem },
  { label: "Peers", act: peersItem },
  { label: "Latency", act: latencyItem },
  { label: "Settings", act: settingsItem },
  { label: "Help", key: "?", act: helpItem },
  { label: "Quit", key: "q", act: quit },
];

/** The menu of a hub. */
export const HUB_MENU: readonly Entry[] = [
  { label: "Peers", act: disconnectItem },
  { label: "Send to one", act: (desk) => sendItem(desk, false) },
  { label: "Broadcast to all", act: broadcastItem },
  { label: "Received files", act: receivedItem },
  { label: "View a file", act: viewItem },
  { label: "Transfers", act: transfersItem },
  { label: "Latency", act: latencyItem },
  { label: "Settings", act: settingsItem },
  { label: "Help", key: "?", act: helpItem },
  { label: "Stop", key: "q", act: quit },
];
