/** The key pair of a state directory: one, private, the same for all who begin at once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { isSignedBy, openIdentity } from "../../lib/identity/identity.ts";
import { helloProof } from "../../lib/identity/proof.ts";
import { TempDir } from "../support/files.ts";
import { FINGERPRINT, newIdentity } from "../support/identity.ts";

const PROOF = helloProof(FINGERPRINT, { role: "peer", name: "alice" });

Deno.test("an identity is made once, kept for its user alone, and leaves nothing beside it", async () => {
  using dir = new TempDir();
  const state = dir.at("state", "ferry");
  const first = await openIdentity(state);
  const second = await openIdentity(state);
  assertEquals(second.key, first.key);
  assert(await isSignedBy(first.key, await second.sign(PROOF), PROOF));
  assertEquals(dir.list("state", "ferry"), ["identity.json"]);
  const { mode } = Deno.statSync(dir.at("state", "ferry", "identity.json"));
  assertEquals((mode ?? 0) & 0o777, 0o600);
});

Deno.test("those that begin at once have one identity", async () => {
  using dir = new TempDir();
  const all = await Promise.all(
    Array.from({ length: 20 }, () => openIdentity(dir.path)),
  );
  assertEquals(new Set(all.map(({ key }) => key)).size, 1);
  assertEquals(dir.list(), ["identity.json"]);
});

Deno.test("an identity that is damaged is an error, not a new one", async () => {
  using dir = new TempDir();
  for (const text of ["", "{}", '{"x":1,"d":2}', '{"x":"AA","d":"AA"}']) {
    Deno.writeTextFileSync(dir.at("identity.json"), text);
    const error = await assertRejects(() => openIdentity(dir.path), Failure);
    assertEquals(error.code, "bad-data", text);
    assert(error.hint !== undefined);
    assertEquals(Deno.readTextFileSync(dir.at("identity.json")), text);
  }
});

Deno.test("a signature holds for one key, one hub, one name and one role", async () => {
  const [alice, eve] = [await newIdentity(), await newIdentity()];
  const signature = await alice.sign(PROOF);
  assert(await isSignedBy(alice.key, signature, PROOF));
  assert(!await isSignedBy(eve.key, signature, PROOF));
  const others = [
    helloProof(new Uint8Array(32).fill(8), { role: "peer", name: "alice" }),
    helloProof(FINGERPRINT, { role: "peer", name: "Alice" }),
    helloProof(FINGERPRINT, { role: "oneshot", name: "alice" }),
  ];
  for (const other of others) {
    assert(!await isSignedBy(alice.key, signature, other));
  }
});

Deno.test("what is no key or no signature signs nothing", async () => {
  const { key, sign } = await newIdentity();
  const signature = await sign(PROOF);
  for (
    const other of ["", "?", key + "A", "A".repeat(43), key.slice(1) + "_"]
  ) {
    assert(!await isSignedBy(other, signature, PROOF), other);
  }
  for (const other of ["", signature.slice(2), "_".repeat(86)]) {
    assert(!await isSignedBy(key, other, PROOF), other);
  }
});

Deno.test("the signature vector holds, for whoever writes a client of their own", async () => {
  const { vectors: [vector] } = JSON.parse(Deno.readTextFileSync(
    new URL("../../testdata/protocol/signature.json", import.meta.url),
  ));
  const { fingerprint, role, hello: name, key, signature } = vector;
  const proof = helloProof(Uint8Array.fromHex(fingerprint), { role, name });
  assertEquals(proof.toHex(), vector.proof);
  assert(await isSignedBy(key, signature, proof));
  using dir = new TempDir();
  const d = Uint8Array.fromHex(vector.private).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  Deno.writeTextFileSync(
    dir.at("identity.json"),
    JSON.stringify({ x: key, d }),
  );
  assertEquals(await (await openIdentity(dir.path)).sign(proof), signature);
});
