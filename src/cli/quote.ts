export function quote(given: string): string {
  return JSON.stringify(given.slice(0, 60));
}
