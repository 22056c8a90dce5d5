import type { ComponentType } from "react";
import { createBrowserRouter } from "react-router";
import { RouteFailed } from "./route-failed";
import { ServicePages } from "./service";
import { Shell } from "./shell/shell";

/** A page's code is loaded when one goes there. */
function page(load: () => Promise<{ default: ComponentType }>) {
  return async () => ({ Component: (await load()).default });
}

export const router = createBrowserRouter([
  {
    Component: Shell,
    HydrateFallback: () => null,
    errorElement: <RouteFailed />,
    children: [
      {
        errorElement: <RouteFailed />,
        children: [
          { path: "/", lazy: page(() => import("@/pages/home/home")) },
          { path: "/services", lazy: page(() => import("@/pages/services/services")) },
          { path: "/keys", lazy: page(() => import("@/pages/keys/keys")) },
          { path: "/system", lazy: page(() => import("@/pages/system/system")) },
          {
            path: "/services/:svc",
            Component: ServicePages,
            children: [
              {
                errorElement: <RouteFailed />,
                children: [
                  { index: true, lazy: page(() => import("@/pages/overview/overview")) },
                  { path: "messages", lazy: page(() => import("@/pages/messages/messages")) },
                  { path: "messages/:msg", lazy: page(() => import("@/pages/webhook/webhook")) },
                  { path: "dead-letters", lazy: page(() => import("@/pages/dead-letters/dead-letters")) },
                  { path: "users", lazy: page(() => import("@/pages/users/users")) },
                  { path: "users/:usr", lazy: page(() => import("@/pages/users/user")) },
                  { path: "endpoints", lazy: page(() => import("@/pages/endpoints/endpoints")) },
                  { path: "endpoints/:ep", lazy: page(() => import("@/pages/endpoints/endpoint")) },
                  { path: "event-types", lazy: page(() => import("@/pages/event-types/event-types")) },
                  { path: "event-types/:typ", lazy: page(() => import("@/pages/event-types/event-type")) },
                  { path: "audit", lazy: page(() => import("@/pages/audit/audit")) },
                ],
              },
            ],
          },
          { path: "*", lazy: page(() => import("@/pages/home/not-found")) },
        ],
      },
    ],
  },
]);
