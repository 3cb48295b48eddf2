/** scp on the same files: an OpenSSH daemon of its own on the loopback, with keys made for the occasion. */
import { join } from "@std/path";
import {
  freePort,
  isInstalled,
  startDaemon,
  wholeProcess,
} from "./processes.ts";
import type { Stage } from "./stage.ts";

/** Where Debian and most others put the daemon; it wants to be started by its whole path. */
const DAEMON = "/usr/sbin/sshd";

/** Copies files or a directory (`-r`) to the stage's arrivals; undefined where OpenSSH is not installed. */
export async function startScp(
  stage: Stage,
): Promise<((args: string[]) => Promise<number>) | undefined> {
  if (
    !await isInstalled("ssh-keygen", ["-?"]) ||
    !await isInstalled(DAEMON, ["-V"])
  ) return undefined;
  const file = (name: string) => join(stage.dir, name);
  for (const key of ["host-key", "user-key"]) {
    await new Deno.Command("ssh-keygen", {
      args: ["-q", "-t", "ed25519", "-N", "", "-f", file(key)],
    }).output();
  }
  const port = freePort();
  await Deno.writeTextFile(
    file("sshd_config"),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file("host-key")}`,
      `AuthorizedKeysFile ${file("user-key.pub")}`,
      `PidFile none`,
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin prohibit-password",
      "Subsystem sftp internal-sftp",
      "",
    ].join("\n"),
  );
  // Debian's daemon separates its privileges in a directory that only its service makes.
  await Deno.mkdir("/run/sshd", { recursive: true }).catch(() => {});
  await startDaemon(stage, port, DAEMON, ["-D", "-f", file("sshd_config")]);
  const { stdout } = await new Deno.Command("id", { args: ["-un"] }).output();
  const user = new TextDecoder().decode(stdout).trim();
  const options = [
    "-q",
    "-P",
    String(port),
    "-i",
    file("user-key"),
    "-F",
    "none",
  ];
  for (
    const option of [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "BatchMode=yes",
    ]
  ) {
    options.push("-o", option);
  }
  return (args) =>
    wholeProcess("scp", [
      ...options,
      ...args,
      `${user}@127.0.0.1:${stage.arrivals}/`,
    ]);
}
