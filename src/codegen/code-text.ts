/** Where a line ends for some language: JavaScript ends comments at U+2028 and U+2029 too, C# also at U+0085. */
const lineBreak = /\r\n|[\r\n\u0085\u2028\u2029]/;
const hidden = /[\u0085\u2028\u2029]/g;

/** A string literal of TypeScript, JavaScript and C#, in double quotes and on one line whatever the text has in it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The lines of a text as a comment may have them: none ends a block comment. */
export function commentLines(text: string): readonly string[] {
  return text.split(lineBreak).map((line) => line.replaceAll('*/', '* /'));
}

/** The text as a comment of three lines or more, as metadata pages have it; nothing for an empty text (servicestack.md 5.3). */
export function blockComment(text: string): readonly string[] {
  return text === '' ? [] : ['/**', ...commentLines(text).map((line) => `* ${line}`), '*/'];
}

/** The lines, four spaces further in. Empty ones stay empty. */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `    ${line}`));
}

/** The parts one after the other with an empty line between two. */
export function separated(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

/** The lines as a text that ends with a line break. */
export function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
