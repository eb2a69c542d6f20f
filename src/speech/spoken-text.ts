import { AppError } from '../kernel/errors.ts';

/** Most characters of one text. */
export const maxTextLength = 4000;

/** Longest piece that is synthesised at once, in characters: memory and time of the engine grow with it (about 3 s of CPU at worst). */
const MAX_PIECE = 200;

const PLAIN: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': ', ',
  '\u2014': ', ',
  '\u20ac': ' euro ',
  '\u00a3': ' pound ',
  '\u00df': 'ss',
  '\u00e6': 'ae',
  '\u00c6': 'AE',
  '\u00f8': 'o',
  '\u00d8': 'O',
  '\u0142': 'l',
  '\u0141': 'L',
  '\u00b0': ' degrees ',
};

/**
 * The text as the engine gets it: control characters are gone, white space is one space, letters with marks lose them, typographic
 * signs are plain ones, and what an English voice cannot say (other scripts, emoji) is left out. SSML is not understood: tags are
 * read as text. Empty when nothing remains to be said.
 * @throws AppError TEXT_NOT_SPEAKABLE when it is longer than 4000 characters.
 */
export function spokenText(text: string): string {
  if (text.length > maxTextLength) {
    throw new AppError('TEXT_NOT_SPEAKABLE', { reason: `it has ${text.length} characters; ${maxTextLength} are allowed` });
  }
  const plain = text
    .normalize('NFKD')
    .replace(/\s/g, ' ')
    .replace(/[^ -~]/g, (sign) => PLAIN[sign] ?? '');
  const said = plain.replace(/ +/g, ' ').trim();
  return /[A-Za-z0-9$%&@#+=<>]/.test(said) ? said : '';
}

/** Cuts a text into pieces for synthesis: whole if short, otherwise after sentences, else after commas, else between words. */
export function splitIntoPieces(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > MAX_PIECE) {
    const window = rest.slice(0, MAX_PIECE);
    const cut = lastBorder(window, '.!?') || lastBorder(window, ',;:') || window.lastIndexOf(' ') + 1 || MAX_PIECE;
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut);
  }
  pieces.push(rest.trim());
  return pieces.filter((piece) => piece !== '');
}

/** Index behind the last sign of `signs` that is followed by a space; 0 when there is none. */
function lastBorder(window: string, signs: string): number {
  for (let at = window.length - 1; at > 0; at--) if (window[at] === ' ' && signs.includes(window[at - 1] ?? ' ')) return at + 1;
  return 0;
}
