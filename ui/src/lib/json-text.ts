// A payload is shown and sent on as it was published. JSON.parse would round big numbers and lose what is there twice, so
// that these work on the text.

/** A JSON text indented by two spaces, its strings and numbers as they stand. What is no JSON comes back as it is. */
export function prettyJson(text: string): string {
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    if (token === "{" || token === "[") {
      const empty = next === "}" || next === "]";
      if (!empty) depth++;
      out += empty ? token : token + line();
    } else if (token === "}" || token === "]") {
      const before = tokens[i - 1];
      const empty = before === "{" || before === "[";
      if (!empty) depth--;
      out += empty ? token : line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
    if (depth < 0) return text;
  }
  return depth === 0 && out !== "" ? out : text;
}

/** The payload of a message as the server writes it: its last member, byte for byte. */
export function payloadText(message: string): string {
  const from = message.indexOf(',"payload":'); // within a string its quotes would be escaped
  return from < 0 ? "null" : message.slice(from + ',"payload":'.length, message.lastIndexOf("}")).trim();
}

/** A body to publish with, whose payload is the text. */
export function messageBody(message: { event_type: string; user_id: string | undefined }, payload: string): string {
  return `${JSON.stringify(message).slice(0, -1)},"payload":${payload}}`;
}
