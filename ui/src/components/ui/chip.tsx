import { cva, type VariantProps } from "class-variance-authority";
import type { ReactNode } from "react";
import { cn } from "@/lib/classes";

const tones = cva("inline-flex h-5 items-center gap-1 rounded-chip px-1.5 text-small whitespace-nowrap [&_svg]:size-3.5", {
  variants: {
    tone: {
      danger: "bg-danger-soft text-danger",
      warning: "bg-warning-soft text-warning",
      success: "bg-success-soft text-success",
      info: "bg-info-soft text-info",
      skip: "bg-skip-soft text-skip",
      selected: "bg-selected text-text",
    },
  },
  defaultVariants: { tone: "skip" },
});

export type Tone = NonNullable<VariantProps<typeof tones>["tone"]>;

export function Chip({ tone, children, className }: { tone: Tone; children: ReactNode; className?: string }) {
  return <span className={cn(tones({ tone }), className)}>{children}</span>;
}
