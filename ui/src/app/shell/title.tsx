import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

/** One step of the path in the header. */
export interface Crumb {
  text: ReactNode;
  /** The text for the window's title, where text is more than a string. */
  plain?: string;
  to?: string;
}

const Read = createContext<Crumb[]>([]);
const Write = createContext<(crumbs: Crumb[]) => void>(() => undefined);

export function TitleProvider({ children }: { children: ReactNode }) {
  const [crumbs, setCrumbs] = useState<Crumb[]>([]);
  return (
    <Write value={setCrumbs}>
      <Read value={crumbs}>{children}</Read>
    </Write>
  );
}

export function useCrumbs(): Crumb[] {
  return useContext(Read);
}

/** Says where the page is: in the header and in the window's title. */
export function useTitle(plain: string, parents: { text: string; to: string }[] = [], shown?: ReactNode): void {
  const write = useContext(Write);
  const above = JSON.stringify(parents);
  const last = useMemo<Crumb>(() => ({ text: shown ?? plain, plain }), [plain, shown]);
  useEffect(() => {
    document.title = `${plain} · WebPlug`;
    write([...(JSON.parse(above) as Crumb[]), last]);
  }, [plain, above, last, write]);
}
