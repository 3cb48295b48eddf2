/** Writes capture files by hand: TCP conversations cut into segments wherever a test wants them cut. */

const GLOBAL_HEADER = [0xa1b2c3d4, 0x0002_0004, 0, 0, 262144, 1];
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const TCP_BYTES = 20;
const HEADERS = ETHERNET_BYTES + IP_BYTES + TCP_BYTES;
/** What fits one IPv4 packet. */
export const MOST_BYTES = 65_000;

const FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10;

/** Who says a segment. */
export type Side = "client" | "hub";

/** A capture in the making; a packet is a millisecond later than the one before. */
export class Pcap {
  readonly #packets: Uint8Array<ArrayBuffer>[] = [];
  #ports = 20_000;

  /** Opens a connection to `port` with its handshake. */
  open(port: number): Conversation {
    const talk = new Conversation(this.#ports++, port, (bytes) => {
      const packet = new Uint8Array(16 + bytes.length);
      const view = new DataView(packet.buffer);
      const at = this.#packets.length;
      view.setUint32(0, 1_800_000_000 + Math.floor(at / 1000));
      view.setUint32(4, at % 1000 * 1000);
      view.setUint32(8, bytes.length);
      view.setUint32(12, bytes.length);
      packet.set(bytes, 16);
      this.#packets.push(packet);
    });
    talk.shakeHands();
    return talk;
  }

  /** How many packets there are. */
  get length(): number {
    return this.#packets.length;
  }

  /** Writes the capture. */
  async save(path: string): Promise<void> {
    const head = new DataView(new ArrayBuffer(24));
    GLOBAL_HEADER.forEach((word, at) => head.setUint32(4 * at, word));
    await Deno.writeFile(
      path,
      await new Blob([head.buffer, ...this.#packets]).bytes(),
    );
  }
}

/** One connection; every segment is acknowledged with the next of the other side. */
export class Conversation {
  readonly #next = { client: 1000, hub: 5000 };

  constructor(
    readonly clientPort: number,
    readonly hubPort: number,
    private readonly add: (packet: Uint8Array) => void,
  ) {}

  shakeHands(): void {
    this.#packet("client", SYN, this.#next.client++, new Uint8Array());
    this.#packet("hub", SYN | ACK, this.#next.hub++, new Uint8Array());
    this.#packet("client", ACK, this.#next.client, new Uint8Array());
  }

  /** Says bytes in segments of at most `most`. */
  say(from: Side, bytes: Uint8Array, most = MOST_BYTES): void {
    for (let at = 0; at < bytes.length; at += most) {
      this.segment(from, bytes.subarray(at, at + most));
    }
  }

  /** Says one segment. */
  segment(from: Side, bytes: Uint8Array): void {
    this.again(from, bytes, 0);
    this.#next[from] += bytes.length;
  }

  /** A segment at `ahead` bytes of where the stream is, which does not move it: a retransmission, or one out of order. */
  again(from: Side, bytes: Uint8Array, ahead: number): void {
    this.#packet(from, ACK | PSH, this.#next[from] + ahead, bytes);
  }

  /** Passes over bytes that the capture lacks. */
  lose(from: Side, count: number): void {
    this.#next[from] += count;
  }

  /** Both sides close. */
  close(): void {
    this.#packet("client", FIN | ACK, this.#next.client++, new Uint8Array());
    this.#packet("hub", FIN | ACK, this.#next.hub++, new Uint8Array());
  }

  #packet(from: Side, flags: number, seq: number, bytes: Uint8Array): void {
    const packet = new Uint8Array(HEADERS + bytes.length);
    const view = new DataView(packet.buffer);
    const up = from === "client";
    view.setUint16(12, 0x0800);
    const ip = ETHERNET_BYTES;
    view.setUint8(ip, 0x45);
    view.setUint16(ip + 2, packet.length - ETHERNET_BYTES);
    view.setUint8(ip + 8, 64);
    view.setUint8(ip + 9, 6);
    // 192.0.2.1 is the hub, 192.0.2.7 the client (RFC 5737).
    view.setUint32(ip + 12, up ? 0xc0000207 : 0xc0000201);
    view.setUint32(ip + 16, up ? 0xc0000201 : 0xc0000207);
    const tcp = ip + IP_BYTES;
    view.setUint16(tcp, up ? this.clientPort : this.hubPort);
    view.setUint16(tcp + 2, up ? this.hubPort : this.clientPort);
    view.setUint32(tcp + 4, seq);
    view.setUint32(tcp + 8, up ? this.#next.hub : this.#next.client);
    view.setUint8(tcp + 12, 0x50);
    view.setUint8(tcp + 13, flags);
    view.setUint16(tcp + 14, 0xffff);
    packet.set(bytes, HEADERS);
    this.add(packet);
  }
}
