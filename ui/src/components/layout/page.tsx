import type { ReactNode } from "react";
import { cn } from "@/lib/classes";

/** The room of a page. */
export function Page({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cn("flex min-w-0 flex-1 flex-col px-6 py-5 max-md:px-4 max-md:py-4", className)}>{children}</div>;
}

/** The one h1 of a page, what it says of itself, and what can be done. */
export function PageHead({ title, mono, children, actions, sentence }: { title: ReactNode; mono?: boolean; children?: ReactNode; actions?: ReactNode; sentence?: boolean }) {
  return (
    <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-80">
        <h1 className={cn("font-semibold wrap-anywhere", sentence ? "text-sentence max-md:text-[22px] max-md:leading-7" : "text-title", mono && "font-mono text-[17px] tracking-tight")}>{title}</h1>
        {children && <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-text-2">{children}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

/** A part of a page under a small heading. */
export function Section({ title, note, actions, children, className }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={cn("min-w-0", className)}>
      <div className="mb-2 flex min-h-7 items-start gap-x-4">
        <div className="flex min-h-7 min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
          <h2 className="font-semibold">{title}</h2>
          {note && <div className="text-small text-muted">{note}</div>}
        </div>
        {actions && <div className="flex min-h-7 shrink-0 items-center gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Names and values in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[minmax(76px,auto)_1fr] gap-x-4 gap-y-1.5">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
