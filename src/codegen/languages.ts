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

/** In the order of the tabs. */
export const languages: readonly Language[] = [
  { name: 'csharp', label: 'C#', tab: csharpTab, types: csharpTypes },
  { name: 'mjs', label: 'JavaScript', tab: mjsTab, types: mjsTypes },
  { name: 'typescript', label: 'TypeScript', tab: typescriptTab, types: typescriptTypes },
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

/** What `/types/{name}` serves. */
export interface TypesPage {
  readonly name: string;
  /** As `/types` names it. */
  readonly key: string;
  readonly label: string;
  readonly contentType: string;
  readonly write: (request: TypesRequest) => string;
}

const plainText = 'text/plain; charset=utf-8';

/** All that `/types/{name}` serves (servicestack.md 5.2). A browser imports a module only as what it is. */
export const typesPages: readonly TypesPage[] = [
  { name: 'csharp', key: 'CSharp', label: 'C#', contentType: plainText, write: csharpTypes },
  { name: 'mjs', key: 'Mjs', label: 'JavaScript', contentType: 'text/javascript; charset=utf-8', write: mjsTypes },
  { name: 'typescript', key: 'TypeScript', label: 'TypeScript', contentType: plainText, write: typescriptTypes },
  { name: 'typescript.d', key: 'TypeScriptDefinition', label: 'TypeScript, ambient', contentType: plainText, write: typescriptDefinitions },
];
