import { lazy, Suspense, useCallback, useEffect, useId, useState } from "react";
import { Layer } from "@/components/ui/dialog";

const Content = lazy(() => import("./content"));

export function usePalette() {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  useEffect(() => {
    const onKey = (e: globalThis.KeyboardEvent) => {
      if (e.key.toLowerCase() !== "k" || !(e.metaKey || e.ctrlKey) || e.altKey || e.shiftKey) return;
      if (document.querySelector("dialog[open]:not([data-palette])")) return;
      e.preventDefault();
      setOpen((is) => !is);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return { isOpen, open, close };
}

/** Jumps to what was typed or pasted: an id, a URL, a header line, a name, a page. */
export function Palette({ isOpen, close, service }: { isOpen: boolean; close: () => void; service: string | null }) {
  const id = useId();
  return (
    <Layer open={isOpen} onClose={close} labelledBy={id} className="mt-[12vh] mb-0 w-[min(640px,calc(100vw-24px))] overflow-hidden rounded-dialog">
      <h2 id={id} className="sr-only">
        Jump to
      </h2>
      <Suspense fallback={<div className="h-12" />}>
        <Content close={close} service={service} />
      </Suspense>
    </Layer>
  );
}
