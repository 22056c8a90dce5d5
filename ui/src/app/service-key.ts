/** Key of a query about a service: everything of one service begins with it, and its third part says what it is about. */
export function serviceKey(svc: string, ...rest: unknown[]): unknown[] {
  return ["service", svc, ...rest];
}
