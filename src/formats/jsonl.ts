import type { WireFormat } from './format.ts';
import { json } from './json.ts';
import { type Counted, parseJson, readJsonValue } from './json-read.ts';
import { writeJson } from './json-write.ts';
import { checkItems, checkLength } from './limits.ts';
import { fromRows, rowLayoutOf, rowsOf } from './rows.ts';
import { type RootShape, type Shape, shapeOf } from './shape.ts';
import { readAlongTrail } from './trail.ts';
import { typedRead } from './typed-read.ts';

/** JSON Lines: a line of JSON for each row, where CSV has one (evo-voice.md 6.3). The metadata pages show its samples as JSON. */
export const jsonl = {
  name: 'jsonl',
  suffix: '.jsonl',
  contentTypes: ['text/jsonl'],
  answerType: 'text/jsonl; charset=utf-8',
  sample: { contentType: 'text/jsonl', write: json.sample.write },
  write: (value, schema) => writeJsonLines(value, shapeOf(schema)),
  read: typedRead(readJsonLines),
} satisfies WireFormat;

function writeJsonLines(value: unknown, shape: Shape): string {
  const layout = rowLayoutOf(shape);
  return rowsOf(value, layout)
    .map((row) => `${writeJson(row, layout.row)}\n`)
    .join('');
}

/** @throws FormatError when a line is not JSON, does not fit the shape, or the text exceeds the limits. */
function readJsonLines(text: string, shape: RootShape): unknown {
  checkLength(text);
  const { row, isList } = rowLayoutOf(shape);
  return readAlongTrail((trail) => {
    const rows: unknown[] = [];
    const counted: Counted = { values: 0 };
    for (const line of linesOf(text)) {
      checkItems(rows.length + 1);
      if (isList) trail.push(rows.length);
      rows.push(readJsonValue(parseJson(line, counted), row, trail));
      if (isList) trail.pop();
    }
    return fromRows(rows, shape);
  });
}

/** The lines that are not blank, without white space around them. */
function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end).trim();
    if (line !== '') yield line;
    if (end === -1) return;
    from = end + 1;
  }
}
