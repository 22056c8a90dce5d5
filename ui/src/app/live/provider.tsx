import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { LiveEvent } from "@/api/types";
import { useAccess } from "../access";
import { Feed, type FeedState } from "./feed";
import { Refresher } from "./refresh";

interface Live {
  state: FeedState;
  /** Hears of each batch of events. */
  listen: (hear: (events: LiveEvent[]) => void) => () => void;
}

const Context = createContext<Live>({ state: "paused", listen: () => () => undefined });

export function useLive(): Live {
  return useContext(Context);
}

/** Calls back with each batch of new events. */
export function useLiveEvents(hear: (events: LiveEvent[]) => void): void {
  const { listen } = useLive();
  const newest = useRef(hear);
  useEffect(() => {
    newest.current = hear;
  });
  useEffect(() => listen((events) => newest.current(events)), [listen]);
}

// The shell stands outside of the service's pages, and shows how the feed is.
const watchers = new Set<(state: FeedState) => void>();
let current: FeedState = "paused";

export function useFeedState(): FeedState {
  const [state, setState] = useState(current);
  useEffect(() => {
    watchers.add(setState);
    setState(current);
    return () => {
      watchers.delete(setState);
    };
  }, []);
  return state;
}

function publish(state: FeedState): void {
  current = state;
  for (const tell of watchers) tell(state);
}

/** Follows a service while the page can be seen, and has what is on it loaded anew when something happens to it. */
export function LiveProvider({ service, children }: { service: string; children: ReactNode }) {
  const client = useQueryClient();
  const access = useAccess();
  const mayRead = access.can("read");
  const [state, setState] = useState<FeedState>("connecting");
  const hearers = useRef(new Set<(events: LiveEvent[]) => void>());
  useEffect(() => {
    if (!mayRead) return undefined;
    const refresher = new Refresher(client, service);
    let followed = false;
    const feed = new Feed({
      service,
      onEvents: (events) => {
        refresher.take(events);
        for (const hear of hearers.current) hear(events);
      },
      onState: (s) => {
        if (!followed && (s === "live" || s === "polling")) {
          followed = true; // what happened before it followed is told by no event
          void client.invalidateQueries({ queryKey: ["service", service] });
        }
        setState(s);
        publish(s);
      },
    });
    const follow = () => {
      if (document.hidden) {
        feed.stop();
        publish("paused");
      } else feed.start();
    };
    if (!document.hidden) feed.start();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      feed.stop();
      refresher.stop();
      publish("paused");
    };
  }, [client, service, mayRead]);
  const live = useMemo<Live>(
    () => ({
      state,
      listen: (hear) => {
        const all = hearers.current;
        all.add(hear);
        return () => all.delete(hear);
      },
    }),
    [state],
  );
  return <Context value={live}>{children}</Context>;
}
