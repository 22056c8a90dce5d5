/**
 * JSON text of a value. A bigint becomes a JSON number with all its digits, which JSON.stringify refuses to make; endpoints
 * get it byte for byte.
 */
export function encode(value: unknown): string {
  let mark = "";
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "bigint") return member;
    mark ||= crypto.randomUUID();
    return mark + member.toString();
  });
  return mark ? text.replace(new RegExp(`"${mark}(-?\\d+)"`, "g"), "$1") : text;
}
