import { VerificationError } from "./errors.js";
import { fromBase64 } from "./input.js";
import { importKey } from "./key.js";

/** Fetches a certificate as PEM text; rejects if it cannot be had. */
export type FetchCert = (url: string) => Promise<string>;

/** SNS's own hosts, up to the slash: what comes before it can name no other host, user or port. */
const amazon = /^https:\/\/sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\//;

/** The URL, if it is one of SNS's, or of the `host` that stands in for SNS (`127.0.0.1:9911`). */
export function trusted(url: string | undefined, host: string | undefined): string {
  const text = String(url);
  if (host ? text.split("/")[2] === host : amazon.test(text)) return text;
  throw new VerificationError("sns_untrusted_url", `${text} is not at ${host ?? "sns.<region>.amazonaws.com"}`);
}

/** The GET's text. Redirects are not followed: they would lead away from the host that was checked. */
export async function fetchText(url: string, fetcher: typeof fetch = fetch): Promise<string> {
  const response = await fetcher(url, { redirect: "error", signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return text;
}

const fetchPem: FetchCert = (url) => fetchText(url);

/** Keys by certificate and hash, apart for each way to fetch. Few: SNS has a handful of certificates a region. */
const cache = new WeakMap<FetchCert, Map<string, Promise<CryptoKey>>>();
const cacheSize = 100;

/** The public key of the certificate at a URL that was checked. It is fetched once; what failed is fetched again. */
export function keyAt(url: string, hash: string, fetchCert: FetchCert = fetchPem): Promise<CryptoKey> {
  const keys = cache.get(fetchCert) ?? new Map<string, Promise<CryptoKey>>();
  cache.set(fetchCert, keys);
  const name = hash + url;
  let key = keys.get(name);
  if (!key) {
    if (keys.size >= cacheSize) keys.clear();
    key = fetchCert(url).then(
      (pem) => importKey("spki", publicKey(pem), { name: "RSASSA-PKCS1-v1_5", hash }, "sns_cert_invalid", "no RSA certificate"),
      (error: unknown) => { throw new VerificationError("sns_cert_unavailable", `${url} cannot be had`, error); },
    );
    keys.set(name, key);
    key.catch(() => keys.delete(name));
  }
  return key;
}

/**
 * The public key in a certificate (RFC 5280, 4.1): Certificate ▶ TBSCertificate ▶ version [0], serial number,
 * algorithm, issuer, validity, subject, subjectPublicKeyInfo.
 */
export function publicKey(pem: string): Uint8Array<ArrayBuffer> {
  const der = fromBase64(/^-----BEGIN CERTIFICATE-----([^-]+)/.exec(pem)?.[1] ?? "");
  let at = content(der, content(der, 0)[0])[0];
  for (let left = der[at] === 0xa0 ? 6 : 5; left; left--) at = content(der, at)[1]; // version is left out in version 1
  return der.slice(at, content(der, at)[1]);
}

/** Where an element's content begins and ends. */
function content(der: Uint8Array, at: number): [begin: number, end: number] {
  const short = der[at + 1] ?? 0;
  const begin = at + 2 + (short > 0x7f ? short & 0x7f : 0);
  const length = short > 0x7f ? der.slice(at + 2, begin).reduce((sum, byte) => sum * 256 + byte, 0) : short;
  return [begin, begin + length];
}
