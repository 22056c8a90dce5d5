import { Suspense, useRef } from "react";
import { Outlet, useParams } from "react-router";
import { useServices } from "@/api/services";
import { useAccess } from "@/app/access";
import { Palette, usePalette } from "@/app/palette/palette";
import { lastService } from "@/app/preferences";
import { Skeleton } from "@/components/state/blank";
import { BottomBar } from "./bottom-bar";
import { Header } from "./header";
import { Sidebar } from "./sidebar";
import { TitleProvider } from "./title";

/** What surrounds every page: navigation, search, and where one is. */
export function Shell() {
  const access = useAccess();
  const { svc } = useParams();
  const { data: services } = useServices();
  const first = services?.data.find((s) => !s.archived_at)?.id;
  const remembered = lastService();
  const service = svc ?? access.key.service_id ?? services?.data.find((s) => s.id === remembered)?.id ?? first ?? null;
  const palette = usePalette();
  const main = useRef<HTMLElement>(null);
  return (
    <TitleProvider>
      <a
        href="#main"
        className="sr-only z-50 rounded-button bg-ink px-3 py-2 text-on-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        onClick={(e) => {
          e.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <div className="flex min-h-dvh">
        <Sidebar service={service} />
        <div className="flex min-w-0 flex-1 flex-col">
          <Header service={service} within={svc !== undefined} onSearch={palette.open} />
          <main ref={main} id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col pb-20 outline-none md:pb-0">
            <Suspense fallback={<Skeleton className="p-6" />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
      <BottomBar service={service} />
      <Palette {...palette} service={service} />
    </TitleProvider>
  );
}
