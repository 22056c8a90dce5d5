import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

const variants = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-button font-[550] whitespace-nowrap transition-colors duration-120 ease-out select-none disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-ink text-on-ink hover:bg-ink/88 active:bg-ink/80",
        outline: "border border-border-strong bg-surface text-text hover:bg-hover active:bg-selected",
        ghost: "text-text-2 hover:bg-hover hover:text-text",
        danger: "bg-danger text-surface hover:bg-danger/90",
        link: "text-accent hover:underline underline-offset-2",
      },
      size: {
        default: "h-8 px-3 max-md:h-11 max-md:px-4",
        small: "h-7 px-2.5 text-small max-md:h-11",
        icon: "size-8 max-md:size-11",
        inline: "h-auto p-0",
      },
    },
    defaultVariants: { variant: "outline", size: "default" },
  },
);

export interface ButtonProps extends ComponentProps<"button">, VariantProps<typeof variants> {
  /** The only child takes the button's looks: a link that acts as one. */
  asChild?: boolean;
}

export function Button({ className, variant, size, asChild, type = "button", ...rest }: ButtonProps) {
  const classes = cn(variants({ variant, size }), className);
  if (asChild) return <Slot.Root className={classes} {...rest} />;
  return <button type={type} className={classes} {...rest} />;
}
