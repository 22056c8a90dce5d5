import { describe, expect, it } from "vitest";
import { messageBody, payloadText, prettyJson } from "./json-text";

describe("a payload", () => {
  it("is indented as JSON.stringify does it", () => {
    for (const value of [{ a: [1, { b: "x, y: {z}" }], c: {}, d: [] }, [], "text", null, 1.5, [[[]]]]) expect(prettyJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });
  it("keeps its numbers, its escapes and what is there twice", () => {
    expect(prettyJson('{"n":12345678901234567890,"n":1.0,"s":"\\u0041\\"{"}')).toBe('{\n  "n": 12345678901234567890,\n  "n": 1.0,\n  "s": "\\u0041\\"{"\n}');
  });
  it("is found in a message, whatever is in its other members", () => {
    expect(payloadText('{"by":"a\\",\\"payload\\":1","event_type":"x","payload":{"payload":"}"}}\n')).toBe('{"payload":"}"}');
  });
  it("is sent as it is", () => expect(messageBody({ event_type: "x", user_id: undefined }, '{"n":12345678901234567890}')).toBe('{"event_type":"x","payload":{"n":12345678901234567890}}'));
});
