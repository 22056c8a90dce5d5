import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** The server refused a request, or could not be reached (status 0). */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, problem: Problem | undefined, requestId?: string) {
    super(problem?.detail ?? (status === 0 ? "The server does not answer." : `The server answered ${status}.`));
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
    this.requestId = problem?.request_id ?? requestId;
  }

  /** A word for programs: key-revoked, conflict, … */
  get type(): string {
    return this.problem?.type ?? "";
  }

  /** What is wrong with which field of a form. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem?.errors ?? []).map((e) => [e.field, sentence(e.message)]));
  }
}

/** What a form refuses by itself, before it is sent. */
export function flawOf(field: string, message: string): Refused {
  return new Refused(422, { type: "invalid", title: "", status: 422, detail: message, errors: [{ field, message }], request_id: "" });
}

/** Begins with a capital and ends with a full stop. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What to tell a person of an error. */
export function tell(error: unknown): string {
  if (error instanceof Refused) return sentence(error.message);
  if (error instanceof TypeError) return "The server does not answer.";
  return error instanceof Error ? sentence(error.message) : "Something went wrong.";
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "status" in value && "detail" in value;
}
