import { Tabs as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/classes";

export const Tabs = Radix.Root;

export function TabsList({ className, ...rest }: ComponentProps<typeof Radix.List>) {
  return <Radix.List className={cn("scroll-thin flex gap-5 overflow-x-auto border-b border-border", className)} {...rest} />;
}

export function Tab({ count, children, className, ...rest }: ComponentProps<typeof Radix.Trigger> & { count?: ReactNode }) {
  return (
    <Radix.Trigger
      className={cn(
        "-mb-px flex h-10 items-center gap-1.5 border-b-2 border-transparent whitespace-nowrap text-text-2 hover:text-text data-[state=active]:border-accent-mark data-[state=active]:font-[550] data-[state=active]:text-text max-md:h-11",
        className,
      )}
      {...rest}
    >
      {children}
      {count !== undefined && <span className="font-normal text-muted">{count}</span>}
    </Radix.Trigger>
  );
}

export function TabPanel({ className, ...rest }: ComponentProps<typeof Radix.Content>) {
  return <Radix.Content className={cn("outline-none", className)} {...rest} />;
}
