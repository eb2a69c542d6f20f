import { csharpTab, csharpTypes } from './csharp.ts';
import { mjsTab, mjsTypes } from './mjs.ts';
import type { ModelOperation } from './type-model.ts';
import type { TypesRequest } from './type-options.ts';
import { typescriptDefinitions, typescriptTab, typescriptTypes } from './typescript.ts';

/** A language of the metadata pages (servicestack.md 5.1). One without a generator has neither `tab` nor `types`. */
export interface Language {
  /** As in `?lang=` and `/types/{name}`. */
  readonly name: string;
  /** For people, and for links such as "TypeScript GetFlow DTOs". */
  readonly label: string;
  /** The code that the page of an operation shows. */
  readonly tab?: (operation: ModelOperation) => string;
  /** The code of all types. */
  readonly types?: (request: TypesRequest) => string;
}

/** What `/types/{name}` serves. */
export interface TypesCode {
  readonly name: string;
  /** As `/types` names it. */
  readonly key: string;
  readonly label: string;
  /** `text/plain` if absent. */
  readonly contentType?: string;
  readonly types: (request: TypesRequest) => string;
}

const csharp = { name: 'csharp', key: 'CSharp', label: 'C#', tab: csharpTab, types: csharpTypes } satisfies Language & TypesCode;

const mjs = {
  name: 'mjs',
  key: 'Mjs',
  label: 'JavaScript',
  // A browser imports nothing else as a module.
  contentType: 'text/javascript; charset=utf-8',
  tab: mjsTab,
  types: mjsTypes,
} satisfies Language & TypesCode;

const typescript = {
  name: 'typescript',
  key: 'TypeScript',
  label: 'TypeScript',
  tab: typescriptTab,
  types: typescriptTypes,
} satisfies Language & TypesCode;

const definitions: TypesCode = {
  name: 'typescript.d',
  key: 'TypeScriptDefinition',
  label: 'TypeScript declarations',
  types: typescriptDefinitions,
};

/** In the order of the tabs. */
export const languages: readonly Language[] = [
  csharp,
  mjs,
  typescript,
  { name: 'dart', label: 'Dart' },
  { name: 'java', label: 'Java' },
  { name: 'kotlin', label: 'Kotlin' },
  { name: 'python', label: 'Python' },
  { name: 'php', label: 'PHP' },
  { name: 'swift', label: 'Swift' },
  { name: 'vbnet', label: 'VB.NET' },
  { name: 'fsharp', label: 'F#' },
  { name: 'go', label: 'Go' },
  { name: 'rust', label: 'Rust' },
  { name: 'ruby', label: 'Ruby' },
  { name: 'zig', label: 'Zig' },
];

/** All that `/types/{name}` serves (servicestack.md 5.2). */
export const typesCodes: readonly TypesCode[] = [csharp, mjs, typescript, definitions];
