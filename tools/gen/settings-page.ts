import { settingDescriptions } from '../../src/cli/settings.ts';
import { code, generatedPage, table } from './markdown.ts';

/** docs/reference/settings.md: every environment variable of `ringflow serve`. */
export function settingsPage(): string {
  const rows = settingDescriptions.map(({ variable, description, whenAbsent }) => [code(variable), description, whenAbsent]);
  return generatedPage('Settings', '`src/cli/settings.ts`', [
    'The server is configured by environment variables only. None is required. A value that cannot be used stops the start with a sentence that names the variable.',
    '',
    ...table(['Variable', 'Meaning', 'If absent'], rows),
  ]);
}
