// @core
/**
 * Every limit of the protocol and of the processes that speak it, each with its reason.
 * Bytes unless the name says otherwise.
 */

/** Frame header: payload length (u32), type (u8), flags (u8), reserved (u16), big-endian. */
export const HEADER_BYTES = 8;

/** What stands before the bytes in a DATA payload: transfer id (u64) and offset (u64). */
export const DATA_PREFIX_BYTES = 16;

/** File bytes in one DATA frame: large enough that per-frame costs vanish, small enough to bound a reader's buffer. */
export const MAX_DATA_BYTES = 1024 * 1024;

/**
 * File bytes Ferry itself puts into one DATA frame. Measured: 1 MiB is as fast over one hop and
 * about a tenth faster through a hub, but a control frame then waits four times as long behind it
 * on a slow line, and every connection that sends or receives holds four times the buffer.
 */
export const DATA_BYTES = 256 * 1024;

/**
 * Frames a body is divided into, as long as they are neither larger than DATA_BYTES nor smaller than
 * LEAST_FRAME_BYTES. A hub passes on whole frames, so a recipient gets the last byte one frame's time
 * after the hub: at 100 Mbit/s that doubled the time of 256 KiB in one frame.
 */
export const FRAMES_OF_A_BODY = 16;
/** Below it a frame's own costs show: 24 bytes, a call of each hash, of each file. */
export const LEAST_FRAME_BYTES = 32 * 1024;

/** A body up to this size rides right behind its OFFER, before any answer: below it a round trip costs more than the bytes. */
export const INLINE_BYTES = 64 * 1024;

/** Files in one bundle: enough that what a transfer costs by itself hardly counts; its recipient has all of them open at once. */
export const MAX_BUNDLE_FILES = 128;

/** UTF-16 units of the paths in one bundle: with six bytes for each they still fit an OFFER, beside its recipients. */
export const MAX_BUNDLE_NAMES = 64 * 1024;

/** Ferry bundles smaller files than this: of larger ones too few would fit in INLINE_BYTES to gain by it. */
export const BUNDLED_FILE_BYTES = INLINE_BYTES / 4;

/** A text or JSON message is shown and held in memory by its recipient; larger data is a file. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A HELLO is read from strangers: just room for its fields. */
export const MAX_HELLO_BYTES = 8 * 1024;

/** Ordinary control payloads: a few fields and one sentence. */
export const MAX_CONTROL_BYTES = 64 * 1024;

/** OFFER and WELCOME carry a list of names or peers, up to MAX_LISTED_PEERS of them. */
export const MAX_LIST_BYTES = 512 * 1024;

/** Peers on one hub by default: each may cost a read and a write buffer of DATA_BYTES. */
export const MAX_PEERS = 256;

/** Peers a client believes a hub to have: four times the default, so that a hub may be given more. */
export const MAX_LISTED_PEERS = MAX_PEERS * 4;

/**
 * Connections that have not joined yet. One more ends the oldest of the address that has the most,
 * once that has had GREETING_GRACE_MS: enough for a hall of machines that come back at once, and a
 * bound on what strangers cost.
 */
export const MAX_GREETING = 256;

/** What a connection gets to greet whatever the crowd, in milliseconds: some round trips around the world, and TLS on a slow machine. */
export const GREETING_GRACE_MS = 1_000;

/**
 * So many that have not joined are there at most, however young: a crowd must come at a thousand a
 * second to push out somebody within their moment, and each costs the hub some tens of kilobytes.
 */
export const MAX_GREETING_AT_ONCE = 4 * MAX_GREETING;

/** Connections of any kind on one hub by default: peers and one-shots together. */
export const MAX_CONNECTIONS = 1024;

/** What one address may have of them: nearly all, for many machines may share one, but not the last. */
export const MAX_ADDRESS_SHARE = 3 / 4;

/** Control frames one connection may send a second, and twice that at once: six times what a sender of small files needs here. */
export const MAX_MESSAGES_PER_S = 50_000;

/**
 * A body of known size that comes slower than this for five minutes, in bytes a second, is given up: a
 * sender that lets bytes drip would else keep its room in the spool for ever. A modem does better.
 */
export const MIN_BODY_RATE = 1024;

/** Transfers open at once in one direction of one connection; told in WELCOME, more is a protocol error. */
export const MAX_TRANSFERS = 1024;

/** A file name or relative path in an OFFER, in UTF-16 units: PATH_MAX of common systems. */
export const MAX_NAME_LENGTH = 4096;

/** A sentence from the other side: enough for any error Ferry words. */
export const MAX_SENTENCE_LENGTH = 2048;

/** Requests of one client that are not answered to their end: a menu asks one or two at a time. */
export const MAX_REQUESTS = 16;

/** Paths a pattern of `ferry get` may match: as many as the largest directory has files, and a hub that lists on for ever is told from it. */
export const MAX_MATCHES = 200_000;

/**
 * Items of one RESPONSE together, as JSON: half of what a frame may hold, and a single item that is
 * larger (a path and a sentence of the greatest length) still fits the other half.
 */
export const RESPONSE_BYTES = MAX_CONTROL_BYTES / 2;

/** Control frames waiting to be written to one connection; beyond this its reader is considered gone. */
export const MAX_CONTROL_BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * Past this backlog a hub offers a connection nothing more and passes no PROGRESS on to it, so that
 * nobody else can make its reader look gone.
 */
export const MAX_OTHERS_BACKLOG_BYTES = MAX_CONTROL_BACKLOG_BYTES / 4;

/** A transfer's bytes stay in the hub's memory up to this size and never touch the disk. */
export const SPOOL_MEMORY_BYTES = 1024 * 1024;

/** Deliveries a hub's ledger keeps, the newest: as many as the largest directory has files; about 50 MB. */
export const LEDGER_ROWS = 200_000;

/** Days a delivery stays in the ledger: a quarter, the longest anybody asks back. */
export const LEDGER_DAYS = 90;

/** What happened so lately may be lost from the ledger by kill -9; so often at most it is written. Milliseconds. */
export const LEDGER_FLUSH_MS = 200;

/** Deliveries written to the ledger at once: a few milliseconds in which nothing else happens. */
export const LEDGER_BATCH = 200;

/** Deliveries that wait to be written while the ledger cannot be; beyond this the oldest are left out. */
export const LEDGER_BACKLOG = 10_000;

/** All in-memory spools of a hub together; past it small bodies go to disk too. */
export const SPOOL_MEMORY_TOTAL_BYTES = 64 * 1024 * 1024;

/**
 * How long a hub keeps the unfinished body of a sender whose connection was lost, in milliseconds:
 * time to restart a machine's network, short enough that nobody's disk fills with what was given up.
 */
export const PARK_MS = 2 * 60_000;

/** The longest a sender's own deadlines may lengthen that, in milliseconds. */
export const MAX_PARK_MS = 60 * 60_000;

/**
 * Transfers of one sender that a hub keeps though that was lost, and that are not queued: what four
 * connections can have open. At about 12 kB of memory each; of more the oldest are given up.
 */
export const MAX_PARKED_BY_ONE = 4 * MAX_TRANSFERS;

/** The same for all senders together: who fills it takes from itself first. */
export const MAX_PARKED = 4 * MAX_PARKED_BY_ONE;

/** Outcomes a hub remembers for senders whose connection was lost before they heard: some senders' whole windows. */
export const MAX_REMEMBERED = 4 * MAX_TRANSFERS;

/** The longest a hub keeps something for a peer that is away, in milliseconds: 30 days. */
export const MAX_QUEUE_MS = 30 * 24 * 3600_000;

/** Transfers of one sender that a hub keeps queued: a directory of 10,000 files twice over, at about 12 kB of memory each. */
export const MAX_QUEUED_BY_ONE = 20_000;

/** Transfers a hub keeps queued for all senders together: what is left when one has queued all it may is as much again. */
export const MAX_QUEUED = 2 * MAX_QUEUED_BY_ONE;

/** Names that belong to someone on one hub: a generation of machines; who has the ticket cannot make the file grow for ever. */
export const MAX_BOUND_NAMES = 10_000;

/** What one sender may have of a hub's spool: whoever fills it leaves as much to all others together. */
export const MAX_SPOOL_SHARE = 1 / 2;

/** Files a spool has open at once, read or written: well below what systems allow a process, which sockets count against too. */
export const MAX_SPOOL_FILES = 2048;
