import { useSyncExternalStore } from "react";

// The key is kept in this tab's session storage: it is gone when the tab is closed, and other tabs do not have it.
const slot = "webplug.key";
const listeners = new Set<() => void>();

/** Why there is no key any more. */
export type Ending = "signed-out" | "refused";
let ending: Ending | undefined;

export function readKey(): string | null {
  return sessionStorage.getItem(slot);
}

export function keepKey(key: string): void {
  sessionStorage.setItem(slot, key);
  ending = undefined;
  for (const tell of listeners) tell();
}

export function forgetKey(why: Ending): void {
  if (readKey() === null) return;
  sessionStorage.removeItem(slot);
  ending = why;
  for (const tell of listeners) tell();
}

export function lastEnding(): Ending | undefined {
  return ending;
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useKey(): string | null {
  return useSyncExternalStore(subscribe, readKey);
}
