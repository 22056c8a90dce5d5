// Reads [{secret, headers, body}] on standard input; writes one text for each: "" if the library takes the webhook,
// else why not. Bodies are base64.
import { Webhook } from "standardwebhooks";

let input = "";
for await (const chunk of process.stdin) input += chunk;

const verdicts = JSON.parse(input).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64"), headers);
    return "";
  } catch (error) {
    return String(error.message || error);
  }
});
process.stdout.write(JSON.stringify(verdicts));
