import { describe, expect, it } from "vitest";
import { bytes, count, duration, hostAndPath, initials, milliseconds, percent, plural, roughly, shortId } from "./format";

describe("numbers", () => {
  it("are separated by thousands", () => expect(count(12_940)).toBe("12,940"));
  it("agree with their noun", () => expect([plural(1, "endpoint"), plural(4, "endpoint"), plural(2, "delivery", "deliveries")]).toEqual(["1 endpoint", "4 endpoints", "2 deliveries"]));
  it("of a share never round up to all", () => {
    expect(percent(0.9907, 2)).toBe("99.07 %");
    expect(percent(0.99999, 2)).toBe("99.99 %");
    expect([percent(1, 2), percent(0)]).toEqual(["100 %", "0 %"]);
  });
});

describe("spans of time", () => {
  it("are said as a person says them", () => {
    expect([milliseconds(0.4), milliseconds(84.2), milliseconds(5100), milliseconds(15_000)]).toEqual(["< 1 ms", "84 ms", "5.1 s", "15 s"]);
    expect(duration(4_547_000)).toBe("1 h 15 min 47 s");
    expect(duration(4_547_000, 2)).toBe("1 h 15 min");
    expect(duration(3 * 86_400_000)).toBe("3 d");
  });
  it("are rough where that is enough", () => expect([roughly(400), roughly(12_400), roughly(7_500_000), roughly(-90_000)]).toEqual(["now", "12 s", "2 h", "1 min"]));
});

describe("ids, URLs and names", () => {
  it("an id is told by its prefix and its end", () => {
    expect(shortId("msg_01KAT5Q8ZC3W9R7QW4ZABCDEFG")).toEqual({ prefix: "msg_…", tail: "BCDEFG" });
    expect(shortId("admin")).toEqual({ prefix: "", tail: "admin" });
  });
  it("a URL is told by host and path", () => expect([hostAndPath("https://hooks.example/in/"), hostAndPath("HTTP://a.example:8080")]).toEqual(["hooks.example/in", "a.example:8080"]));
  it("initials are of two words", () => expect([initials("Ada Obi"), initials("cards-core"), initials("admin"), initials("")]).toEqual(["AO", "CC", "A", "?"]));
  it("bytes have a unit", () => expect([bytes(61), bytes(1100), bytes(245_760)]).toEqual(["61 bytes", "1.1 KB", "246 KB"]));
});
