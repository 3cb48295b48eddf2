import { assertEquals } from "@std/assert";
import {
  configDirectory,
  stateDirectory,
  type SystemName,
} from "../lib/state/paths.ts";

const CASES: [
  string,
  SystemName,
  Record<string, string>,
  string | undefined,
  string | undefined,
][] = [
  [
    "Linux keeps to the XDG defaults",
    "linux",
    { HOME: "/home/a" },
    "/home/a/.config/ferry",
    "/home/a/.local/state/ferry",
  ],
  [
    "XDG variables win",
    "linux",
    { HOME: "/home/a", XDG_CONFIG_HOME: "/c/", XDG_STATE_HOME: "/s" },
    "/c/ferry",
    "/s/ferry",
  ],
  [
    "relative XDG variables are void",
    "linux",
    { HOME: "/home/a", XDG_CONFIG_HOME: "c", XDG_STATE_HOME: "" },
    "/home/a/.config/ferry",
    "/home/a/.local/state/ferry",
  ],
  [
    "macOS uses the Library",
    "darwin",
    { HOME: "/Users/a" },
    "/Users/a/Library/Application Support/ferry",
    "/Users/a/Library/Application Support/ferry",
  ],
  [
    "Windows uses AppData",
    "windows",
    { APPDATA: "C:\\Users\\a\\AppData\\Roaming" },
    "C:\\Users\\a\\AppData\\Roaming\\ferry",
    "C:\\Users\\a\\AppData\\Roaming\\ferry",
  ],
  [
    "XDG variables win on Windows as well, where a drive or a share begins a path",
    "windows",
    {
      APPDATA: "C:\\a",
      XDG_CONFIG_HOME: "D:\\c\\",
      XDG_STATE_HOME: "\\\\host\\s",
    },
    "D:\\c\\ferry",
    "\\\\host\\s\\ferry",
  ],
  [
    "a path without its drive is void on Windows",
    "windows",
    { APPDATA: "C:\\a", XDG_CONFIG_HOME: "\\c", XDG_STATE_HOME: "/s" },
    "C:\\a\\ferry",
    "C:\\a\\ferry",
  ],
  ["no home, no folder", "linux", {}, undefined, undefined],
];

for (const [name, os, env, config, state] of CASES) {
  Deno.test(`state paths: ${name}`, () => {
    assertEquals(configDirectory(os, (key) => env[key]), config);
    assertEquals(stateDirectory(os, (key) => env[key]), state);
  });
}
