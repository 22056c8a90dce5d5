import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: {
    classGroups: {
      "font-size": [{ text: ["sentence", "title", "figure", "body", "input", "small", "axis", "mono"] }],
    },
  },
});

/** Joins class names; of two Tailwind classes that set the same property the last one holds. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
