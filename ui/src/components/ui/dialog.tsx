import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { cn } from "@/lib/classes";
import { Button } from "./button";

interface LayerProps {
  open: boolean;
  /** Asked when Escape, the cross or the backdrop would close it. */
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
}

/**
 * A native modal dialog: the browser traps the focus, makes the rest of the page inert and gives the focus back. It needs
 * no styles of its own at run time, so the page's policy need not allow any.
 */
export function Layer({ open, onClose, labelledBy, children, className }: Omit<LayerProps, "title" | "description"> & { labelledBy: string }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || !open) return undefined;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={ref}
      aria-labelledby={labelledBy}
      className={cn("border-(--wp-float-edge) m-auto border bg-raised p-0 text-text shadow-float", className)}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onPointerDown={(e) => {
        if (e.target === e.currentTarget) onClose();
      }}
    >
      {children}
    </dialog>
  );
}

/** Asks for a confirmation; never a form. */
export function Dialog({ title, description, children, className, ...layer }: LayerProps) {
  const id = useId();
  return (
    <Layer {...layer} labelledBy={id} className={cn("w-[min(440px,calc(100vw-32px))] rounded-dialog", className)}>
      <div className="p-5">
        <h2 id={id} className="text-[15px] leading-5 font-semibold">
          {title}
        </h2>
        {description && <div className="mt-2 text-text-2">{description}</div>}
        {children}
      </div>
    </Layer>
  );
}

/** A panel at the right edge to create and edit in. */
export function Sheet({ title, description, children, className, ...layer }: LayerProps) {
  const id = useId();
  return (
    <Layer
      {...layer}
      labelledBy={id}
      className={cn("sheet fixed inset-y-0 right-0 left-auto m-0 h-dvh max-h-none w-[min(480px,100vw)] max-w-none border-y-0 border-r-0 max-md:border-l-0", className)}
    >
      <div className="flex h-full flex-col">
        <header className="flex items-start gap-3 border-b border-border px-5 py-3.5">
          <div className="min-w-0 flex-1">
            <h2 id={id} className="text-[15px] leading-6 font-semibold">
              {title}
            </h2>
            {description && <p className="text-small text-muted">{description}</p>}
          </div>
          <Button variant="ghost" size="icon" aria-label="Close" onClick={layer.onClose} className="-my-1 -mr-2">
            <X />
          </Button>
        </header>
        {children}
      </div>
    </Layer>
  );
}
