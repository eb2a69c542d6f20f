import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { markup } from './html-markup.ts';
import { htmlPage, pagePolicy } from './html-page.ts';
import { colours } from './html-style.ts';

describe('htmlPage', () => {
  it('lets a phone show it at its own width, in the language it is in', () => {
    const page = htmlPage({ title: 'A title', body: markup`<main>A text</main>` });
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"/>');
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('<title>A title</title>');
    expect(page).toContain('<main>A text</main>');
  });

  it('has a policy that allows its style sheet, and no other style or script', () => {
    const page = htmlPage({ title: '', body: markup`` });
    const [, style = ''] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
    expect(pagePolicy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(pagePolicy).toContain("default-src 'none'");
    expect(pagePolicy).not.toContain('script-src');
  });

  it('shows any text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const page = htmlPage({ title: text, body: markup`<main title="${text}"><p>${text}</p>${['<', markup`<br/>`, 1]}</main>` });
        const seen: string[] = [];
        const parser = new SaxesParser();
        parser.on('text', (read) => seen.push(read));
        parser.on('opentag', ({ attributes }) => {
          if (attributes.title !== undefined) seen.push(attributes.title);
        });
        parser.write(page).close();
        expect(seen.filter((read) => read === text).length).toBeGreaterThanOrEqual(text.trim() === '' ? 0 : 3);
      }),
      { seed: 1 },
    );
  });
});

describe('colours', () => {
  const { ground, shade, ...inks } = colours;
  const texts = [inks.ink, inks.soft, inks.link, inks.alert];

  it.each([0, 1] as const)('have enough contrast for everybody (theme %i)', (theme) => {
    for (const behind of [ground[theme], shade[theme]])
      for (const text of texts) expect(contrast(text[theme], behind), `${text[theme]} on ${behind}`).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ground[theme], inks.link[theme]), 'buttons').toBeGreaterThanOrEqual(4.5);
  });
});

/** WCAG 2.2, "contrast ratio". */
function contrast(first: string, second: string): number {
  const [light = 0, dark = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
