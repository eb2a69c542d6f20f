import { settingDescriptions } from '../../src/cli/settings.ts';
import { code, table } from './markdown.ts';

const BEGIN = '<!-- settings: written by npm run gen -->';
const END = '<!-- end of settings -->';

/** The README with its table of every environment variable of `ringflow serve` made anew. @throws Error when its place is not marked */
export function withSettings(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no place for the settings: ${BEGIN} ... ${END}`);
  const rows = settingDescriptions.map(({ variable, description, whenAbsent }) => [code(variable), description, whenAbsent]);
  return [readme.slice(0, begin + BEGIN.length), ...table(['Variable', 'Meaning', 'If absent'], rows), readme.slice(end)].join('\n');
}
