/** One figure: what was measured, beside its target and what Asterisk needs for the same. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  /** One value per repeat. Empty: it was not measured. */
  readonly values: readonly number[];
  /** Where the target lies; absent: there is none. */
  readonly target?: { readonly limit: number; readonly better: 'lower' | 'higher' };
  /** Asterisk 22, from bench/kit/peer-figures.md. */
  readonly asterisk: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `met`, or by how much it was missed; nothing where there is no target or no figure. */
export function verdict({ values, target, unit }: Pick<Row, 'values' | 'target' | 'unit'>): string {
  if (!target || values.length === 0) return '';
  const value = median(values);
  const missedBy = target.better === 'lower' ? value - target.limit : target.limit - value;
  if (missedBy <= 0) return 'met';
  return `missed by ${round(missedBy)} ${unit} (${Math.round((missedBy / target.limit) * 100)} %)`;
}

/** The figures as a table that reads well as text and as Markdown. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.what, measured(row), row.target ? limit(row.target, row.unit) : '', verdict(row), row.asterisk]);
  return alignedTable(['Figure', 'Ringflow', 'Target', 'Verdict', 'Asterisk 22'], cells);
}

/** A Markdown table whose columns are aligned as text too. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

/** The median of the repeats with its unit, and between which values they lay. */
export function measured({ values, unit }: Pick<Row, 'values' | 'unit'>): string {
  if (values.length === 0) return 'not measured';
  const text = `${round(median(values))} ${unit}`;
  return values.length === 1 ? text : `${text} [${round(Math.min(...values))} .. ${round(Math.max(...values))}]`;
}

export function limit({ limit: value, better }: { limit: number; better: 'lower' | 'higher' }, unit: string): string {
  return `${better === 'lower' ? 'at most' : 'at least'} ${value} ${unit}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
