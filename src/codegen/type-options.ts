/** What generated code is made for. */
export interface TypesRequest {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Of this server: digits and dots. */
  readonly version: string;
  /** `https://host`, without a slash at the end. */
  readonly baseUrl: string;
  /** Options by name, in any case. What is no option is passed over. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/**
 * The options of generated code (servicestack.md 5.3). Each value is read into the only spellings that it may have, and those are what
 * the header prints, so that nothing from a query gets into the code. What cannot be read is as if it had not been given.
 */
const readers = {
  GlobalNamespace: (text: string) => (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text) ? text : undefined),
  MakePropertiesOptional: readFlag,
  AddServiceStackTypes: readFlag,
  AddResponseStatus: readFlag,
  AddImplicitVersion: (text: string) => (/^\d{1,9}$/.test(text) ? String(Number(text)) : undefined),
  AddDescriptionAsComments: readFlag,
  IncludeTypes: (text: string) => readList(text, /^(?:\{[\w ,-]+\}|[\w.]+(?:`\d)?(?:\.\*|\/\*)?)$/),
  ExcludeTypes: (text: string) => readList(text, /^[\w.]+(?:`\d)?$/),
  DefaultImports: (text: string) => readList(text, /^[A-Za-z_$][\w$]*:[@\w./-]+$/),
  AddNamespaces: (text: string) => readList(text, /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/),
} as const satisfies Record<string, (text: string) => string | undefined>;

export type OptionName = keyof typeof readers;

/** The options that a language has, in the order of its header, with the text of what they are if they are not given. */
export type OptionDefaults = Readonly<Partial<Record<OptionName, string>>>;

export interface TypeOptions {
  isOn(name: OptionName): boolean;
  /** Empty if there is none. */
  text(name: OptionName): string;
  list(name: OptionName): readonly string[];
  /** The comment that heads the code, with an empty line after it; nothing for `?WithoutOptions`. */
  readonly header: readonly string[];
}

/** Reads the options of a language from a query. */
export function readOptions(defaults: OptionDefaults, request: TypesRequest): TypeOptions {
  const query = new Map(request.query.map(([name, value]) => [name.toLowerCase(), value]));
  const given = new Map<string, string>();
  for (const name of optionNames(defaults)) {
    const text = query.get(name.toLowerCase());
    const value = text === undefined ? undefined : readers[name](text.trim());
    if (value !== undefined) given.set(name, value);
  }
  const text = (name: OptionName) => given.get(name) ?? defaults[name] ?? '';
  const withoutOptions = query.get('withoutoptions');
  return {
    text,
    isOn: (name) => text(name) === 'True',
    list: (name) => splitList(text(name)),
    header: withoutOptions === undefined || readFlag(withoutOptions) === 'False' ? headerOf(defaults, given, request) : [],
  };
}

function headerOf(defaults: OptionDefaults, given: ReadonlyMap<string, string>, { nowMs, version, baseUrl }: TypesRequest): string[] {
  return [
    '/* Options:',
    `Date: ${new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}`,
    `Version: ${version}`,
    'Tip: To override a DTO option, remove "//" prefix before updating',
    `BaseUrl: ${baseUrl}`,
    '',
    ...optionNames(defaults).map((name) => `${given.has(name) ? '' : '//'}${name}: ${given.get(name) ?? defaults[name]}`),
    '*/',
    '',
  ];
}

function optionNames(defaults: OptionDefaults): readonly OptionName[] {
  return Object.keys(readers).filter((name): name is OptionName => Object.hasOwn(defaults, name));
}

function readFlag(text: string): string | undefined {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1') return 'True';
  return word === 'false' || word === '0' ? 'False' : undefined;
}

function readList(text: string, entry: RegExp): string | undefined {
  const entries = splitList(text).filter((one) => entry.test(one));
  return entries.length === 0 ? undefined : entries.join(',');
}

/** Entries are separated by commas; one in braces may have commas itself: `{Flows,Files},GetSession.*`. */
function splitList(text: string): readonly string[] {
  const entries: string[] = [];
  let start = 0;
  let inBraces = false;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '{') inBraces = true;
    if (character === '}') inBraces = false;
    if (at < text.length && (character !== ',' || inBraces)) continue;
    const entry = text.slice(start, at).trim();
    if (entry !== '') entries.push(entry);
    start = at + 1;
  }
  return entries;
}
