/** What an executable of Ferry may do: each permission with its reason; what is not here it may not. */
export const PERMISSIONS: readonly string[] = [
  // Files are sent from wherever the user says, and the inbox, state and config are where the
  // environment says: no list of folders could be right for everyone.
  "--allow-read",
  "--allow-write",
  // Any hub at any port, and any address to listen on.
  "--allow-net",
  // FERRY_… are many; HOME, XDG_…, TERM, PAGER, NO_COLOR and what a terminal tells of itself.
  "--allow-env",
  // The host's name, network addresses and the user's id.
  "--allow-sys",
  // PAGER, and the desktop's viewer for `view --open`.
  "--allow-run",
  // Two calls to the system's own library that Deno lacks for TLS: lib/net/sockets.ts.
  "--allow-ffi",
  // What is missing is an error, never a question in the middle of a transfer.
  "--no-prompt",
];
