import { markup } from '../formats/html-markup.ts';
import { languages, typesCodes } from './languages.ts';
import { servicePage } from './service-page.ts';

/** `/types`: where the types of each language are, by name, and the same for machines (servicestack.md 5.2). */
export function typesIndex(baseUrl: string): Readonly<Record<string, string>> {
  const links = typesCodes.map(({ key, name }) => [key, `${baseUrl}/types/${name}`]);
  return Object.fromEntries([...links, ['Metadata', `${baseUrl}/types/metadata`]]);
}

/** What to do about a language that there is no code for. */
export function otherLanguages(): string {
  return `There are types for ${typesCodes.map(({ name }) => name).join(', ')}. For any other language make them from /openapi.json.`;
}

/** `/types` for people. */
export function typesPage(): string {
  const items = typesCodes.map(({ name, label }) => markup`<li><a href="/types/${name}">${label}</a></li>`);
  const others = languages.filter(({ types }) => !types).map(({ label }) => label);
  return servicePage({
    subject: 'Types',
    main: markup`<h2>Types</h2>
<p>All operations and their types, as code to be put into a client.</p>
<ul>${items}<li><a href="/types/metadata">Metadata, for machines</a></li></ul>
<p>For other languages (${others.join(', ')}) make the code from <a href="/openapi.json">/openapi.json</a>.</p>
`,
  });
}
