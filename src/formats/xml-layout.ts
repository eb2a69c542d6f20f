/** An element with text only, or the end of one, or an empty or opening tag. In what we write, `<` and `>` are tags and nothing else. */
const PIECE = /<([^\s/>]+)(?:\s[^>]*[^/>])?>[^<]*<\/\1>|<[^>]+>/g;

/** XML that we have written, with a line for each element, each level indented by two spaces. */
export function layOutXml(xml: string): string {
  const lines: string[] = [];
  let depth = 0;
  for (const [piece, leaf] of xml.matchAll(PIECE)) {
    if (piece.startsWith('</')) depth--;
    lines.push('  '.repeat(depth) + piece);
    if (leaf === undefined && !piece.startsWith('</') && !piece.endsWith('/>')) depth++;
  }
  return lines.join('\n');
}
