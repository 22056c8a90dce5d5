import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { RouterProvider } from "react-router";
import { Refused } from "@/api/problem";
import { TooltipProvider } from "@/components/ui/tooltip";
import { AccessProvider } from "./access";
import { router } from "./router";
import { useKey } from "./session";

const SignIn = lazy(() => import("@/pages/sign-in/sign-in"));

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; what did not reach it may the next time.
      retry: (failures, error) => failures < 2 && (!(error instanceof Refused) || error.status === 0 || error.status >= 502),
      staleTime: 2000,
      refetchOnWindowFocus: true,
    },
  },
});

/** The whole UI: the sign-in in the place of every page until there is a key, so that signing in again loses nothing. */
export function App() {
  const key = useKey();
  useEffect(() => {
    if (!key) client.clear();
  }, [key]);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={400}>
        {key ? (
          <AccessProvider key={key}>
            <RouterProvider router={router} />
          </AccessProvider>
        ) : (
          <Suspense>
            <SignIn />
          </Suspense>
        )}
      </TooltipProvider>
    </QueryClientProvider>
  );
}
