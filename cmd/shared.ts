/** What `ls` and `get` share: finding what is meant on the hub. */
import { Failure } from "../lib/failure.ts";
import type { Client } from "../lib/peer/client.ts";
import type { SharedFile } from "../lib/protocol/message.ts";
import { isPattern, searchFor, sharedPath } from "../lib/text/shared_path.ts";

/** Asks for what stands at a path, or matches a pattern. Throws Failure, worded for `action`. */
export async function* sharedAt(
  client: Client,
  typed: string,
  recursive: boolean,
  action: "list" | "get",
): AsyncGenerator<SharedFile> {
  const path = sharedPath(typed);
  const search = path !== undefined && isPattern(path)
    ? searchFor(path)
    : undefined;
  const under = search === undefined ? path : search.under;
  let found = false;
  try {
    const parts = client.ask({
      what: "list",
      ...(under === undefined ? {} : { path: under }),
      recursive: search?.recursive ?? recursive,
    });
    for await (const { files = [] } of parts) {
      for (const file of files) {
        if (search !== undefined && !search.matches(file.path)) continue;
        found = true;
        yield file;
      }
    }
  } catch (error) {
    throw sharedFailure(error, typed, action);
  }
  if (search !== undefined && !found) {
    throw new Failure("input", `Cannot ${action} ${typed}: nothing matches it`);
  }
}

/** What the hub answered, as the failure of a command. */
export function sharedFailure(
  error: unknown,
  typed: string,
  action: "list" | "get",
): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, state, cause } = error;
  const what = typed === "." ? "" : ` ${typed}`;
  return new Failure(code, `Cannot ${action}${what}: ${state}`, {
    cause,
    ...(code === "input" ? { hint: "ferry ls lists what it shares" } : {}),
    ...(code === "declined"
      ? { hint: "start the hub with ferry serve --share DIR" }
      : {}),
  });
}
