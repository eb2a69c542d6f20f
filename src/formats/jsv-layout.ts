/** A text in quotes, brackets that have nothing between them, a character of the syntax, or whatever stands between those. */
const PIECE = /"[^"]*"|\{\}|\[\]|[{}[\],:]|[^"{}[\],:]+/g;

/** JSV that we have written, with a line for each member and item, each level indented by a tab (servicestack.md 5.1). */
export function layOutJsv(jsv: string): string {
  let text = '';
  let depth = 0;
  const newLine = () => `\n${'\t'.repeat(depth)}`;
  for (const [piece] of jsv.matchAll(PIECE)) {
    switch (piece) {
      case '{':
      case '[':
        depth++;
        text += piece + newLine();
        break;
      case '}':
      case ']':
        depth--;
        text += newLine() + piece;
        break;
      case ',':
        text += piece + newLine();
        break;
      case ':':
        text += ': ';
        break;
      default:
        text += piece;
    }
  }
  return text;
}
