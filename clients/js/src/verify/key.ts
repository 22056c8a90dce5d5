import { VerificationError, type Reason } from "./errors.js";
import { fromBase64 } from "./input.js";

type Algorithm = { name: "HMAC" | "RSASSA-PKCS1-v1_5"; hash: string };

/** A key to verify with; what is wrong with its bytes is told with the reason. */
export async function importKey(
  format: "raw" | "spki", bytes: Uint8Array<ArrayBuffer>, algorithm: Algorithm, reason: Reason, message: string,
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, bytes, algorithm, false, ["verify"]);
  } catch (error) {
    throw new VerificationError(reason, message, error);
  }
}

/** Whether a signature, in base64, is the key's over the content. WebCrypto compares in constant time. */
export function isSignature(key: CryptoKey, signature: string, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return crypto.subtle.verify(key.algorithm.name, key, fromBase64(signature), content);
}
