/** The certificate a hub makes for itself, and the fingerprint everyone knows it by. */

/** The one name hubs are certified for: peers know them by fingerprint, not by name. */
export const CERTIFIED_NAME = "hub.ferry";

/** What is spoken inside TLS, as ALPN names it (RFC 7301): packet analysers go by it. */
export const SPOKEN_INSIDE = "ferry/1";

/** A certificate and its private key, in PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a P-256 key and a certificate it signs itself, valid far longer than any hub lives. */
export async function makeCertificate(): Promise<Certified> {
  // A fifth of a second to load, and needed once in the life of a hub.
  await import("reflect-metadata");
  const {
    BasicConstraintsExtension,
    SubjectAlternativeNameExtension,
    X509CertificateGenerator,
  } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]);
  const serial = crypto.getRandomValues(new Uint8Array(16));
  const made = await X509CertificateGenerator.createSelfSigned({
    // The first bit of a serial number is its sign, and the number is not zero.
    serialNumber: `4${hexOf(serial).slice(1)}`,
    name: `CN=${CERTIFIED_NAME}`,
    // Machines with a wrong clock join too.
    notBefore: new Date("2020-01-01"),
    notAfter: new Date("2120-01-01"),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      // A client that is given it as the one it trusts refuses an authority's as a hub's own.
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: CERTIFIED_NAME },
      ]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: pem("CERTIFICATE", new Uint8Array(made.rawData)),
    key: pem("PRIVATE KEY", new Uint8Array(key)),
  };
}

/** SHA-256 of a certificate in DER, as 64 lower-case hexadecimal digits. */
export async function fingerprintOf(
  der: Uint8Array<ArrayBuffer>,
): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
}

/** The bytes inside a PEM text. Throws when it is none. */
export function derOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text.replace(/-----[A-Z ]+-----/g, ""));
}

/** Bytes as PEM. */
export function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** A fingerprint as people compare it. */
export function shownFingerprint(hex: string): string {
  const bytes = Uint8Array.fromHex(hex);
  return `SHA256:${bytes.toBase64({ omitPadding: true })}`;
}

/** Bytes as lower-case hexadecimal digits. */
export function hexOf(bytes: Uint8Array): string {
  return bytes.toHex();
}
