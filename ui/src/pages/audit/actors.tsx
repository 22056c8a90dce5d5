import { useQuery } from "@tanstack/react-query";
import { User } from "lucide-react";
import { api, ask } from "@/api/client";
import { useAccess } from "@/app/access";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";

/** Chooses whose events are shown. Only the admin key knows the keys' names. */
export function ActorMenu({ svc, chosen, onChoose }: { svc: string; chosen: string | undefined; onChoose: (actor: string | null) => void }) {
  const access = useAccess();
  const { data } = useQuery({ queryKey: ["keys", "newest"], queryFn: () => ask(api.GET("/v1/keys", { params: { query: { limit: 100 } } })), enabled: access.admin, staleTime: 60_000 });
  const keys = (data?.data ?? []).filter((k) => k.service_id === null || k.service_id === svc);
  const name = chosen === undefined ? "By anybody" : chosen === "admin" ? "By the admin key" : (keys.find((k) => k.id === chosen)?.name ?? chosen.slice(0, 12));
  return (
    <Menu
      trigger={
        <Button size="small">
          <User /> {name}
        </Button>
      }
    >
      <MenuItem onSelect={() => onChoose(null)}>By anybody</MenuItem>
      <MenuItem onSelect={() => onChoose("admin")}>By the admin key</MenuItem>
      <MenuItem onSelect={() => onChoose("dispatch")}>By dispatch</MenuItem>
      {keys.length > 0 && <MenuSeparator />}
      {keys.map((k) => (
        <MenuItem key={k.id} onSelect={() => onChoose(k.id)}>
          {k.holder?.name ?? k.name}
        </MenuItem>
      ))}
    </Menu>
  );
}
