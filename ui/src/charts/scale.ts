/** The next round number, so that an axis ends in one: 1, 2, 5, 10, 20, 50, … An even one can be halved. */
export function niceTop(n: number): number {
  if (n <= 2) return Math.max(1, Math.ceil(n));
  const power = 10 ** Math.floor(Math.log10(n));
  const steps = [1, 2, 4, 5, 6, 8, 10];
  const factor = steps.find((f) => n <= f * power) ?? 10;
  return factor * power;
}
