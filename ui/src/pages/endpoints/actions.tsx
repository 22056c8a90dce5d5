import { useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pause, Play, Send } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, ask, tellServer } from "@/api/client";
import { tell } from "@/api/problem";
import type { Endpoint } from "@/api/types";
import { useAccess } from "@/app/access";
import { serviceKey } from "@/app/service-key";
import { Confirm } from "@/components/form/confirm";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { RecoverDialog } from "./recover-dialog";
import { EndpointForm } from "@/pages/forms";

/** What can be done with an endpoint. */
export function EndpointActions({ svc, endpoint }: { svc: string; endpoint: Endpoint }) {
  const access = useAccess();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [open, setOpen] = useState<"edit" | "pause" | "remove" | "recover" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const close = () => setOpen(null);
  if (!access.can("manage") || endpoint.status === "removed" || endpoint.archived_at) return null;
  const params = { path: { svc, ep: endpoint.id } };
  const refresh = () => client.invalidateQueries({ queryKey: serviceKey(svc) });

  async function test() {
    setError(null);
    try {
      const sent = await ask(api.POST("/v1/services/{svc}/endpoints/{ep}/test", { params, body: {} }));
      await navigate(`/services/${svc}/messages/${sent.id}`);
    } catch (refusal) {
      setError(refusal);
    }
  }
  async function resume() {
    setError(null);
    try {
      await ask(api.POST("/v1/services/{svc}/endpoints/{ep}/resume", { params, body: {} }));
      await refresh();
    } catch (refusal) {
      setError(refusal);
    }
  }

  return (
    <>
      {endpoint.status === "paused" ? (
        <Button variant="primary" onClick={() => void resume()}>
          <Play /> Resume
        </Button>
      ) : (
        <>
          <Button onClick={() => void test()}>
            <Send /> Send a test
          </Button>
          <Button onClick={() => setOpen("pause")}>
            <Pause /> Pause
          </Button>
        </>
      )}
      <Menu
        trigger={
          <Button size="icon" aria-label="More actions">
            <Ellipsis />
          </Button>
        }
      >
        <MenuItem onSelect={() => setOpen("edit")}>Edit</MenuItem>
        {endpoint.status === "active" && access.jobs && <MenuItem onSelect={() => setOpen("recover")}>Recover what failed…</MenuItem>}
        <MenuSeparator />
        <MenuItem danger onSelect={() => setOpen("remove")}>
          Remove…
        </MenuItem>
      </Menu>
      {error !== null && (
        <p role="alert" className="basis-full text-right text-danger">
          {tell(error)}
        </p>
      )}
      <EndpointForm svc={svc} open={open === "edit"} endpoint={endpoint} onClose={close} />
      <RecoverDialog svc={svc} endpoint={endpoint} open={open === "recover"} onClose={close} />
      <Confirm
        open={open === "pause"}
        title="Pause this endpoint?"
        action="Pause it"
        danger={false}
        onClose={close}
        confirm={async () => {
          await ask(api.POST("/v1/services/{svc}/endpoints/{ep}/pause", { params, body: {} }));
          await refresh();
        }}
      >
        Nothing is sent to it until it is resumed. What is published meanwhile is skipped for good, and says so. Retries that wait fail when they are due and become dead letters, which can be retried after the resume.
      </Confirm>
      <Confirm
        open={open === "remove"}
        title="Remove this endpoint?"
        action="Remove it"
        onClose={close}
        confirm={async () => {
          await tellServer(api.DELETE("/v1/services/{svc}/endpoints/{ep}", { params }));
          await refresh();
        }}
      >
        It and its subscriptions get nothing any more, for good. Deliveries that wait fail. Its URL can be added again, as another endpoint with another secret. Its history stays.
      </Confirm>
    </>
  );
}
