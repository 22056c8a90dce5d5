import { useSyncExternalStore } from "react";
import type { Zone } from "@/lib/time";

export type Theme = "system" | "light" | "dark";

const listeners = new Set<() => void>();

function read(name: string): string | null {
  try {
    return localStorage.getItem(`webplug.${name}`);
  } catch {
    return null; // storage is refused: what is chosen holds until the page is left
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`webplug.${name}`, value);
  } catch {
    // as above
  }
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

const theme = (): Theme => {
  const chosen = read("theme");
  return chosen === "light" || chosen === "dark" ? chosen : "system";
};
const zone = (): Zone => (read("zone") === "local" ? "local" : "UTC");

export function useTheme(): [Theme, (t: Theme) => void] {
  return [useSyncExternalStore(subscribe, theme), chooseTheme];
}

function chooseTheme(chosen: Theme): void {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  write("theme", chosen);
}

/** Which clock all times are shown in. */
export function useZone(): [Zone, (z: Zone) => void] {
  return [useSyncExternalStore(subscribe, zone), (z) => write("zone", z)];
}

/** The service that was looked at last, to come back to. */
export function lastService(): string | null {
  return read("service");
}
export function rememberService(id: string): void {
  if (read("service") !== id) write("service", id);
}
