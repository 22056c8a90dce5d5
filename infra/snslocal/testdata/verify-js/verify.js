// Reads envelopes as JSON on standard input; writes one text for each: "" if the library takes it, else why not.
import MessageValidator from "sns-validator";

let input = "";
for await (const chunk of process.stdin) input += chunk;

const validator = new MessageValidator(/^127\.0\.0\.1:[0-9]+$/);
const verdicts = await Promise.all(JSON.parse(input).map((envelope) => new Promise((done) => {
  validator.validate(envelope, (error) => done(error ? String(error.message || error) : ""));
})));
process.stdout.write(JSON.stringify(verdicts));
