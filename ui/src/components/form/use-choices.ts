import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Choice, Source } from "@/api/sources";

const typing = 150; // ms without a key before it is asked for

/** A text as it was when nobody typed for a moment. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typing);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** What can be chosen for a text; what was found before stays while it is asked for. */
export function useChoices(source: Source, text: string, enabled: boolean): { choices: readonly Choice[]; searching: boolean } {
  const wanted = useSettled(text.trim());
  const { data, isFetching } = useQuery({ queryKey: [...source.key, wanted], queryFn: () => source.find(wanted), enabled, staleTime: 20_000, placeholderData: keepPreviousData });
  return { choices: data ?? none, searching: isFetching || wanted !== text.trim() };
}

const none: Choice[] = [];
