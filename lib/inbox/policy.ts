// @core
/** What a recipient takes and from whom, and what it does about a name that exists. */
import { Failure } from "../failure.ts";

/** From whom offers are taken. `names` are in lower case. */
export type AcceptPolicy =
  | { readonly kind: "all" | "none" | "ask" }
  | { readonly kind: "names"; readonly names: ReadonlySet<string> };

/** What happens when a file of that name exists. */
export type ConflictPolicy = "rename" | "overwrite" | "skip" | "fail";

/**
 * What happens to a file that exists and differs, inside a directory that is being received. There
 * `skip` passes over what is the same and takes in what differs: that is what a directory sent
 * again is for.
 */
export function withinTree(policy: ConflictPolicy): ConflictPolicy {
  return policy === "skip" ? "overwrite" : policy;
}

/** Reads `all`, `none`, `ask` or a list of names. Throws Failure `usage`. */
export function parseAcceptPolicy(text: string): AcceptPolicy {
  if (text === "all" || text === "none" || text === "ask") {
    return { kind: text };
  }
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const wrong = names.find((name) => !/^[a-z0-9._-]{1,64}$/.test(name));
  if (wrong !== undefined) {
    throw new Failure(
      "usage",
      `Cannot read list: ${JSON.stringify(wrong)} is not a name`,
      {
        hint: "use all, none, ask, or names separated by commas",
      },
    );
  }
  return { kind: "names", names: new Set(names) };
}

/** Whether an offer from `sender` is taken; `ask` where only a person can say. */
export function decide(
  policy: AcceptPolicy,
  sender: string,
): "yes" | "no" | "ask" {
  switch (policy.kind) {
    case "all":
      return "yes";
    case "none":
      return "no";
    case "ask":
      return "ask";
    case "names":
      return policy.names.has(sender.toLowerCase()) ? "yes" : "no";
  }
}
