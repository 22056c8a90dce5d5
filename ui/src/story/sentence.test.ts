import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import type { Event } from "@/api/types";
import { byMachine, sentenceOf } from "./sentence";

const names = { endpoint: (id: string | undefined) => (id === "ep_9" ? "example.com/hook" : undefined) };

it("tells of a further part of an audience: how many get it, who does not and why", () => {
  const event = {
    type: "MessageRouted", stream: "svc_1/msg_1~1", actor: "routing", actor_name: "routing",
    data: { targets: ["ep_7", "ep_8"], skipped: [{ endpoint_id: "ep_9", reason: "gone" }], more: "usr_9/ep_9" },
  } as unknown as Event;
  const told = sentenceOf(event, names);
  expect(renderToStaticMarkup(told.said)).toBe("<b>2 further endpoints get it</b>, 1 skipped");
  expect(told.more).toMatch(/^example\.com\/hook: /);
});

it("takes for a person only who is none of WebPlug's own programs", () => {
  expect(["routing", "schedule", "dispatch", "sns"].filter((actor) => !byMachine(actor))).toEqual([]);
  expect(byMachine("key_1")).toBe(false);
});
