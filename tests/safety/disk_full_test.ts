/** Row: the disk filled up. On a small file system of its own, where one can be mounted. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/failure.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { inProcess } from "../cli/world.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { lastingOffer } from "../support/fingerprint.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const ROW = "safety: the disk filled up";
const MIB = 1024 * 1024;

/** A disk of 8 MiB. */
class SmallDisk implements Disposable {
  readonly #dir = new TempDir();

  constructor() {
    mount("mount", "-t", "tmpfs", "-o", "size=8m", "none", this.path);
  }

  get path(): string {
    return this.#dir.path;
  }

  [Symbol.dispose](): void {
    mount("umount", this.path);
    this.#dir[Symbol.dispose]();
  }
}

function mount(program: string, ...args: string[]): void {
  const { success } = new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "null",
  }).outputSync();
  if (!success) throw new Error(`${program} failed`);
}

function canMount(): boolean {
  try {
    new SmallDisk()[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

const ignore = !canMount();

Deno.test({
  name:
    `${ROW}: an inbox without room fails that transfer, keeps nothing of it and takes the next`,
  ignore,
  async fn() {
    using disk = new SmallDisk();
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    const dir = `${disk.path}/inbox`;
    await using _bob = await TestPeer.join(hub.port, "bob", hub.clock, { dir });
    await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
    const send = (size: number, to: string[]) => {
      const heard = new Heard();
      const body = new BytesBody(pattern(size));
      alice.client.outbound.carry(offer({ size, to }), body, heard);
      return heard;
    };
    const large = send(20 * MIB, ["bob", "carol"]);
    assertEquals(await large.code("bob"), "disk-full");
    assertEquals(await large.code("carol"), "delivered");
    assertEquals([...Deno.readDirSync(disk.path)].length <= 1, true);
    assertEquals(await send(2 * MIB, ["bob"]).code("bob"), "delivered");
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
    assertEquals(names, ["report.csv"]);
    assertEquals(carol.read("report.csv"), pattern(20 * MIB));
  },
});

Deno.test({
  name:
    `${ROW}: what an inbox has of a file already needs no room again, what is still to come does`,
  ignore,
  async fn() {
    using disk = new SmallDisk();
    const dir = `${disk.path}/inbox`;
    const body = pattern(6 * MIB);
    const part = 4 * MIB;
    {
      await using bob = await Hosted.join({ dir });
      const { id } = await bob.offer(lastingOffer(body));
      await bob.hub.expect("accept");
      for (let at = 0; at < part; at += MIB) {
        await bob.hub.data(id, at, body.slice(at, at + MIB));
      }
      await bob.hub.send({ type: "ping", t1: 0 });
      await bob.hub.expect("pong");
      bob.hub.conn.close();
      await bob.peer.events.of("transfer.failed");
    }
    await using bob = await Hosted.join({ dir });
    // No fingerprint: nothing is gone on with.
    const whole = await bob.give(body);
    assertEquals(codeOf(whole), "disk-full");
    const filler = `${disk.path}/filler`;
    Deno.writeFileSync(filler, new Uint8Array(2 * MIB));
    const { id } = await bob.offer(lastingOffer(body));
    const refused = await bob.hub.expect("reject");
    assertEquals([refused.id, refused.code], [id, "disk-full"]);
    assert(refused.message.endsWith("2.1 MB are still to come"));
    Deno.removeSync(filler);
    const again = await bob.offer(lastingOffer(body));
    assertEquals((await bob.hub.expect("accept")).offset, part);
    await bob.hub.data(again.id, part, body.slice(part, part + MIB));
    await bob.hub.data(again.id, part + MIB, body.slice(part + MIB));
    await bob.hub.send({ type: "end", id: again.id, ...digestOf(body) });
    assertEquals((await bob.hub.expect("receipt")).status, "delivered");
    assertEquals(Deno.readFileSync(`${dir}/report.csv`), body);
  },
});

Deno.test({
  name: `${ROW}: a pipe that fills an inbox in mid-way leaves nothing there`,
  ignore,
  async fn() {
    using disk = new SmallDisk();
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    const dir = `${disk.path}/inbox`;
    await using _bob = await TestPeer.join(hub.port, "bob", hub.clock, { dir });
    const heard = new Heard();
    const body = new BytesBody(pattern(20 * MIB));
    const piped = { ...offer(), size: null };
    alice.client.outbound.carry(piped, body, heard);
    assertEquals(await heard.code("bob"), "disk-full");
    assertEquals([...Deno.readDirSync(dir)], []);
  },
});

Deno.test({
  name:
    `${ROW}: a spool without room fails that transfer, keeps nothing of it, and others go on`,
  ignore,
  async fn() {
    using disk = new SmallDisk();
    await using hub = new TestHub({ spoolDir: disk.path });
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const send = (size: number | null, length: number) => {
      const heard = new Heard();
      const body = new BytesBody(pattern(length));
      alice.client.outbound.carry({ ...offer(), size }, body, heard);
      return heard.code("bob");
    };
    // The last byte that came is far past the disk's end.
    const [large, small] = [send(null, 30 * MIB), send(MIB, MIB)];
    assertEquals([await large, await small], ["disk-full", "delivered"]);
    assertEquals(await send(2 * MIB, 2 * MIB), "delivered");
    assertEquals(bob.files().length, 2);
    assertEquals(hub.spooled(), []);
  },
});

Deno.test({
  name:
    `${ROW}: a send that the recipient's disk has no room for ends with exit 10`,
  ignore,
  async fn() {
    using disk = new SmallDisk();
    await using hub = new TestHub();
    const dir = `${disk.path}/inbox`;
    await using _bob = await TestPeer.join(hub.port, "bob", hub.clock, { dir });
    using home = new TempDir();
    Deno.writeFileSync(home.at("big"), pattern(20 * MIB));
    const address = `127.0.0.1:${hub.port}`;
    const command = inProcess.start({
      args: ["send", "--to", "bob", "big", "--insecure", "--hub", address],
      cwd: home.path,
      env: { HOME: home.path },
      stdin: new Uint8Array(),
      stdinHeld: false,
      stdoutClosed: false,
    });
    assertEquals(await command.status, EXIT.output);
    assert(/disk/.test(command.printed.stderr), command.printed.stderr);
  },
});
