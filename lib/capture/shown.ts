// @core
/**
 * What a capture shows of transfers: the records the dissector makes of control frames
 * (`ferry.record`), put together by hop.
 */
import * as v from "valibot";
import { idWithin } from "../protocol/bundle.ts";

const record = v.object({
  type: v.picklist(["OFFER", "ACCEPT", "REJECT", "END", "RECEIPT", "CANCEL"]),
  frame: v.number(),
  /** Seconds since the Unix epoch, on the capturing machine's clock. */
  at: v.number(),
  stream: v.string(),
  hop: v.number(),
  captured: v.number(),
  message: v.looseObject({ id: v.string() }),
});

const offer = v.object({
  name: v.string(),
  kind: v.string(),
  from: v.string(),
  to: v.array(v.string()),
  size: v.nullable(v.number()),
  inline: v.boolean(),
  files: v.optional(v.array(v.object({ name: v.string(), size: v.number() }))),
});
const end = v.object({ size: v.number(), sha256: v.string() });
const accept = v.object({ offset: v.number() });
const receipt = v.object({
  recipient: v.string(),
  status: v.string(),
  verify_ms: v.optional(v.number()),
  unchanged: v.optional(v.boolean()),
});

/** Who a hop's RECEIPT speaks for, and when it was seen. */
export interface ShownReceipt {
  readonly recipient: string;
  /** As the frame has it, but `unchanged` for what was delivered before. */
  readonly status: string;
  readonly at: number;
  readonly frame: number;
  /** The recipient's own measure, in milliseconds. */
  readonly verifyMs: number | undefined;
}

/** One transfer on one hop, as the capture shows it. Times are seconds since the Unix epoch. */
export interface ShownHop {
  readonly id: string;
  readonly stream: string;
  /** 1 from a client to the hub, 2 from the hub to a client. */
  readonly hop: number;
  readonly name: string;
  readonly kind: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly inline: boolean;
  /** What is in a bundle, in the order of the body. */
  readonly files: readonly { name: string; size: number }[] | undefined;
  /** Bytes, as the OFFER has it. */
  readonly offered: number | null;
  readonly offerAt: number;
  readonly offerFrame: number;
  /** When the first ACCEPT was seen, and where the body began. */
  acceptAt?: number;
  offset: number;
  endAt?: number;
  endFrame?: number;
  size?: number;
  sha256?: string;
  /** Bytes of the body that were seen, until END. */
  captured: number;
  /** By recipient in lower case; the last one counts. */
  readonly receipts: Map<string, ShownReceipt>;
}

/**
 * What is told of a hop: of a bundle each file, by its own id and name and with its own size
 * `offered`; all else, END's size and SHA-256 too, is the bundle's.
 */
export function toldOf(hop: ShownHop): ShownHop[] {
  return hop.files?.map(({ name, size }, n) => ({
    ...hop,
    id: idWithin(hop.id, n),
    name,
    offered: size,
  })) ?? [hop];
}

/** The transfers of a capture, in the order their OFFERs were seen. */
export class Shown {
  readonly hops: ShownHop[] = [];
  readonly #latest = new Map<string, ShownHop>();

  /** Takes in a record as the dissector wrote it; false for what is none, or of a transfer whose OFFER was not seen. */
  add(text: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false;
    }
    const parsed = v.safeParse(record, value);
    return parsed.success && this.#take(parsed.output);
  }

  #take(one: v.InferOutput<typeof record>): boolean {
    const { message, at, frame, stream, hop } = one;
    const key = `${stream} ${message.id}`;
    if (one.type === "OFFER") {
      const fields = v.safeParse(offer, message);
      if (!fields.success) return false;
      const { name, kind, from, to, inline, size, files } = fields.output;
      const shown: ShownHop = {
        id: message.id,
        stream,
        hop,
        name,
        kind,
        from,
        to,
        inline,
        files,
        offered: size,
        offerAt: at,
        offerFrame: frame,
        offset: 0,
        captured: 0,
        receipts: new Map(),
      };
      this.hops.push(shown);
      this.#latest.set(key, shown);
      return true;
    }
    const shown = this.#latest.get(key);
    if (shown === undefined) return false;
    if (one.type === "ACCEPT") {
      const fields = v.safeParse(accept, message);
      if (fields.success && shown.acceptAt === undefined) {
        shown.acceptAt = at;
        shown.offset = fields.output.offset;
      }
      return fields.success;
    }
    if (one.type === "END") {
      const fields = v.safeParse(end, message);
      if (!fields.success) return false;
      shown.endAt = at;
      shown.endFrame = frame;
      shown.size = fields.output.size;
      shown.sha256 = fields.output.sha256;
      shown.captured = one.captured;
      return true;
    }
    if (one.type === "RECEIPT") {
      const fields = v.safeParse(receipt, message);
      if (!fields.success) return false;
      const { recipient, verify_ms, unchanged } = fields.output;
      const status = unchanged === true ? "unchanged" : fields.output.status;
      const said = { recipient, status, at, frame, verifyMs: verify_ms };
      shown.receipts.set(recipient.toLowerCase(), said);
    }
    return true;
  }
}
